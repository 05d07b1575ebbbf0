"""The admin panel of people: accounts, where they are signed in, API tokens, and the audit log."""

from accounts.admin import events, people, signed_in

__all__ = ["events", "people", "signed_in"]
