"""The admin panel of workspaces, their people, and articles, for administrators of the site.

An article is written through `editing` here too, never by `save()`.
"""

from knowledge.admin import articles, people, workspaces

__all__ = ["articles", "people", "workspaces"]
