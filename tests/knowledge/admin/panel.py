"""Addresses and typed fields of the admin panel, for its tests."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId
from django.urls import reverse

from accounts.models import User
from kbsite import mongo
from knowledge.models import Article

MakeArticle = Callable[..., Article]


MakeUser = Callable[..., User]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:knowledge_{name}", args=args)


def typed(**fields: Any) -> dict[str, Any]:
    given = {"title": "Ports", "content": "8000", "visibility": "public", "status": "published"}
    return {**given, **fields}


def members(*rows: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """The management form of the memberships, and a row for each of `rows`."""
    data: dict[str, Any] = {
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": stored,
    }
    for number, row in enumerate(rows):
        data |= {f"memberships-{number}-{name}": value for name, value in row.items()}
    return data


def of_workspace(**fields: Any) -> dict[str, Any]:
    return {"name": "Docs", "slug": "docs", "visibility": "members", **members(), **fields}


def insert_parts(article: Article) -> None:
    part: Any = {"article_id": article.pk, "workspace_id": str(article.workspace_id)}
    mongo.chunks().insert_one(part | {"_id": ObjectId()})
    mongo.answers().insert_one(part | {"_id": ObjectId()})


def text_of(response: Any) -> str:
    return str(response.content.decode())
