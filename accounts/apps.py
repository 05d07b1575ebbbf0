"""The accounts app: people, their passwords and how they sign in. It knows no knowledge."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"
