"""Which charsets a body may be in: kbsite/charset.py."""

import pytest
from django.test import Client

LOGIN, API = "/accounts/login/", "/api/v1/auth/login"
BODY = b"a" * 1_000


@pytest.mark.parametrize("path", [LOGIN, API])
@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
@pytest.mark.parametrize("charset", ["punycode", "utf-7", "nonsense"])
def test_c1_a_body_in_another_charset_is_refused_unread(
    client: Client, db: None, path: str, kind: str, charset: str
) -> None:
    response = client.generic("POST", path, BODY, f"{kind}; charset={charset}")
    assert response.status_code == 415
    assert "UTF-8" in response.content.decode()
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", "us-ascii"])
def test_utf_8_is_taken_by_any_of_its_names(client: Client, db: None, charset: str) -> None:
    body = '{"username": "ada", "password": "Wrong-horse-9"}'
    said = client.post(API, body, content_type=f"application/json; charset={charset}")
    assert said.status_code == 401
