"""Addresses and what a page says, for the tests of finding one's way."""

from collections.abc import Callable
from typing import Any

from accounts.models import User
from knowledge.models import Article, Workspace
from tests.knowledge.editor_pages.pages import text_of, url

__all__ = ["MakeArticle", "MakeUser", "MakeWorkspace", "box", "said", "text_of", "url"]

MakeArticle = Callable[..., Article]
MakeUser = Callable[..., User]
MakeWorkspace = Callable[..., Workspace]


def box(article: Article) -> str:
    """What the article's ticked box sends."""
    return f"{article.pk}.{article.version}"


def said(response: Any) -> str:
    """The page that an action leads to."""
    assert response.status_code == 302, response.content
    return text_of(response.client.get(response["Location"]))
