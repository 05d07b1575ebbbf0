"""S6: what browsers are told behind HTTPS, by a real web server that a proxy would talk to.

It is started as the supervisor starts it, once for all the tests here.
"""

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from accounts.models import User
from kbsite.environment import Environment
from kbsite.mongod_files import free_port
from kbsite.supervisor import _web_arguments
from tests.browser.live import running, wait_until
from tests.conftest import PASSWORD
from tests.guarding import unguarded

HSTS = "max-age=31536000; includeSubDomains; preload"
HOST = "kb.example.org"
LOGIN, API = "/accounts/login/", "/api/v1/auth/"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
ANSWERS = [
    "/",
    LOGIN,
    "/nothing",
    "/api/v1/",
    "/api/v1/nothing",
    "/static/css/fonts.css",
    "/healthz",
]
BESIDE = ("session", "csrf", "device", "messages")


class Proxy:
    """Passes requests on to the site, as it would for browsers that speak HTTPS with it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: SimpleCookie = SimpleCookie()

    def __call__(
        self, method: str, path: str, body: str = "", *, scheme: str = "https", **more: str
    ) -> tuple[int, dict[str, str]]:
        jar = "; ".join(f"{name}={each.value}" for name, each in self.cookies.items())
        headers = {"Host": HOST, "Cookie": jar, "Origin": f"https://{HOST}"}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        headers |= {"X-Forwarded-Proto": scheme} if scheme else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        self.body = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", ()):
            self.cookies.load(line)
        connection.close()
        return answer.status, dict(answer.headers)

    def is_up(self) -> bool:
        try:
            return self("GET", "/healthz")[0] == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("https") / "web.log"


@pytest.fixture(scope="module")
def port(mongodb_uri: str, django_db_setup: None, log: Path) -> Iterator[int]:
    port = free_port()
    env = {
        "KB_ENV_FILE": "",
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": connections["default"].settings_dict["NAME"],
        "KB_VAR_DIR": str(log.parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": HOST,
        "HTTPS": "true",
        "LOG_LEVEL": "DEBUG",
    }
    web = _web_arguments(Environment(port=port, https=True))
    with running(*web, env=env, log=log):
        wait_until(Proxy(port).is_up, seconds=90, what="the web server to answer")
        yield port


@pytest.fixture
def ask(port: int, db: None, make_user: Callable[..., User]) -> Proxy:
    make_user("ada")
    return Proxy(port)


@pytest.mark.parametrize("scheme", ["", "http", "HTTPS"])
def test_s6_what_did_not_come_by_https_is_sent_there(ask: Proxy, scheme: str) -> None:
    for path in ("/", f"{LOGIN}?next=/w/", "/api/v1/nothing", "/static/css/fonts.css"):
        status, headers = ask("GET", path, scheme=scheme)
        assert (status, headers["Location"]) == (301, f"https://{HOST}{path}")
    assert ask("POST", LOGIN, "password=x", scheme=scheme)[0] == 301
    assert not ask.cookies


def test_s6_c2_browsers_keep_to_https_and_every_answer_is_guarded(ask: Proxy) -> None:
    for path in ANSWERS:
        _, headers = ask("GET", path)
        assert headers["Strict-Transport-Security"] == HSTS, path
        assert unguarded(headers) == {}, path
    large = ask("POST", "/nothing", Content_Length=str(10**12))
    assert (large[0], large[1]["Strict-Transport-Security"]) == (413, HSTS)
    assert unguarded(large[1]) == {}


def test_s6_every_cookie_is_secure_and_under_a_name_that_only_this_host_can_set(
    ask: Proxy,
) -> None:
    sign_in(ask)
    assert post(ask, "/accounts/sessions/revoke-others/")[0] == 302
    assert ask.cookies.keys() == {f"__Host-{name}" for name in BESIDE}
    for kept in ask.cookies.values():
        assert (kept["path"], kept["domain"], kept["samesite"]) == ("/", "", "Lax")
        assert kept["secure"]
        assert kept["httponly"]


def test_s6_the_refresh_cookie_is_secure_and_goes_to_its_own_addresses_only(ask: Proxy) -> None:
    fields = json.dumps({"username": "ada", "password": PASSWORD})
    assert ask("POST", f"{API}login", fields, Content_Type=JSON)[0] == 200
    assert ask.cookies.keys() == {"__Secure-refresh", "__Host-device"}
    kept = ask.cookies["__Secure-refresh"]
    assert (kept["path"], kept["samesite"]) == (API, "Strict")
    assert kept["domain"] == ""
    assert kept["secure"]
    assert kept["httponly"]
    assert ask("POST", f"{API}refresh", Content_Type=JSON)[0] == 200


def test_s6_a_cookie_of_a_plain_name_is_nobodys(ask: Proxy) -> None:
    sign_in(ask)
    key = ask.cookies["__Host-session"].value
    assert ask("GET", "/accounts/security/")[0] == 200
    ask.cookies.clear()
    ask.cookies["session"] = key
    assert ask("GET", "/accounts/security/")[0] == 302


def test_c3_the_web_server_logs_no_request(ask: Proxy, log: Path) -> None:
    sign_in(ask)
    ask("GET", "/?q=canary-of-a-question")
    said = log.read_text()
    assert "canary" not in said
    assert PASSWORD not in said
    assert "POST" not in said


def test_s6_plain_names_and_no_promise_of_https_are_for_plain_http_only(
    client: Client, make_user: Callable[..., User]
) -> None:
    make_user("ada")
    headers = {"X-Forwarded-Proto": "https"}  # which nothing here says to believe
    client.get(LOGIN, headers=headers)
    fields = {"username": "ada", "password": PASSWORD}
    answer = client.post(LOGIN, fields, headers=headers)
    client.post(f"{API}login", fields, content_type=JSON, headers=headers)
    assert (answer.status_code, "Strict-Transport-Security" in answer.headers) == (302, False)
    assert client.cookies.keys() == {"session", "csrf", "device", "refresh"}
    assert not any(each["secure"] for each in client.cookies.values())


def sign_in(ask: Proxy) -> None:
    ask("GET", LOGIN)
    assert post(ask, LOGIN, username="ada", password=PASSWORD)[0] == 302


def post(ask: Proxy, path: str, **fields: str) -> tuple[int, dict[str, str]]:
    token = ask.cookies["__Host-csrf"].value
    return ask("POST", path, urlencode(fields), Content_Type=FORM, X_CSRFToken=token)
