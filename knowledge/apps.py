"""The knowledge app: workspaces, articles, search and answers."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "knowledge"
