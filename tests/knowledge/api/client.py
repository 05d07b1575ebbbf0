"""A client of the API that speaks JSON, as somebody or as a visitor."""

import json
from http import HTTPStatus
from typing import Any

from django.test import Client

from accounts.models import User

ROOT = "/api/v1"
TEAM = f"{ROOT}/workspaces/team"


class Api:
    """Requests below /api/v1/workspaces/team, and the JSON that they are answered with."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client()
        if user:
            self.client.force_login(user)

    def __call__(
        self, method: str, path: str = "/", body: Any = None, *, seen: int | None = None, **how: Any
    ) -> Any:
        """The response; `seen` is the version that If-Match names."""
        address = path if path.startswith(ROOT) else f"{TEAM}{path}"
        headers = {"If-Match": f'"{seen}"'} if seen is not None else {}
        return self.client.generic(
            method,
            address,
            body if isinstance(body, bytes) else json.dumps(body) if body is not None else "",
            **{"content_type": "application/json", "headers": headers, **how},
        )


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem details, which must be what RFC 9457 wants, and of this status."""
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert response.status_code == document["status"] == status, document
    assert document["type"] == "about:blank"
    assert document["title"] == HTTPStatus(status).phrase
    assert document["detail"]
    return document
