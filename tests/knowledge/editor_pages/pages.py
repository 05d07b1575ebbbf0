"""Addresses, typed fields and what a page says, for the tests of the editors' pages."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from accounts.models import User
from knowledge.models import Article

MakeArticle = Callable[..., Article]


MakeUser = Callable[..., User]


def url(name: str, *args: str | int) -> str:
    return reverse(f"knowledge:{name}", args=["team", *args])


def typed(**fields: Any) -> dict[str, Any]:
    return {"title": "Ports", "content": "Use 80.", "visibility": "public", **fields}


def text_of(response: Any) -> str:
    return str(response.content.decode())
