"""A program that uses the accounts' API: it keeps its access token, and a cookie jar."""

import json
from typing import Any

from django.test import Client

from accounts.api.cookies import NAME
from tests.conftest import PASSWORD

ROOT = "/api/v1/auth/"


class Program:
    """Requests below /api/v1/auth/, or at a whole address."""

    def __init__(self) -> None:
        self.client = Client()
        self.access = ""

    def __call__(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        headers = how.pop("headers", {})
        if self.access:
            headers |= {"Authorization": f"Bearer {self.access}"}
        return self.client.generic(
            method,
            path if path.startswith("/") else f"{ROOT}{path}",
            json.dumps(body) if body is not None else "",
            **{"content_type": "application/json", "headers": headers, **how},
        )

    def sign_in(self, username: str = "ada", password: str = PASSWORD) -> "Program":
        response = self("POST", "login", {"username": username, "password": password})
        assert response.status_code == 200, response.content
        self.access = response.json()["access_token"]
        return self

    def refresh(self, token: str | None = None) -> Any:
        """With this refresh token, or the one in the jar; without the access token."""
        if token is not None:
            self.refresh_token = token
        kept, self.access = self.access, ""
        response = self("POST", "refresh")
        self.access = response.json().get("access_token", kept)
        return response

    @property
    def refresh_token(self) -> str:
        return str(self.client.cookies[NAME].value)

    @refresh_token.setter
    def refresh_token(self, token: str) -> None:
        self.client.cookies[NAME] = token
