"""That logs and error pages repeat nothing that is secret (C3): kbsite/logs.py with the settings.

Canaries go in wherever a secret or an article does, with everything working and with a fault in
the middle whose message quotes them all.
"""

import logging
import logging.config
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest
import uvicorn
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import sending
from accounts.models import User
from kbsite.logs import WithoutMessages
from knowledge.models import Role, Workspace
from tests.accounts.api.program import Program
from tests.accounts.authenticator import code, give_second_factor
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
WRONG, NEW, NEWER = "Canary-wrong-1", "Canary-fresh-2", "Canary-later-3"
TEXT = "canary of an article that nobody else may read"


@dataclass
class Heard:
    """What the site wrote and answered, and the secrets that were in play."""

    log: StringIO
    pages: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, WRONG, NEW, NEWER})

    def hear(self, response: Any) -> Any:
        self.pages.append(response.content.decode())
        return response

    def leaks(self) -> set[str]:
        said = self.log.getvalue() + "".join(self.pages)
        return {secret for secret in self.secrets if secret in said}

    def logged(self) -> set[str]:
        return {secret for secret in [*self.secrets, TEXT] if secret in self.log.getvalue()}


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    """The site's own way of writing its log, at its chattiest."""
    for name in ("accounts", "kbsite", "knowledge", "django"):
        caplog.set_level(logging.DEBUG, name)
    logging.getLogger("django.db").setLevel(logging.INFO)  # as without DEBUG
    [console] = [
        each for each in logging.getLogger().handlers if isinstance(each.formatter, WithoutMessages)
    ]
    assert isinstance(console, logging.StreamHandler)
    log = StringIO()
    before = console.setStream(log)
    yield Heard(log)
    console.setStream(before)


@pytest.fixture
def ada(make_user: MakeUser, workspace: Workspace) -> User:
    return make_user("ada", workspace=workspace, role=Role.EDITOR)


def in_a_browser(heard: Heard, ada: User) -> None:
    """Sign in, fail, change the password, forget it, and choose another by the link."""
    client = Client(raise_request_exception=False)

    def post(path: str, **fields: str) -> Any:
        return heard.hear(client.post(f"/accounts/{path}", fields))

    post("login/", username="ada", password=WRONG)
    post("login/", username="ada", password=PASSWORD)
    post("password/", old_password=WRONG, new_password1=NEW, new_password2=NEW)
    post("password/", old_password=PASSWORD, new_password1=NEW, new_password2=NEWER)
    post("password/", old_password=PASSWORD, new_password1=NEW, new_password2=NEW)
    post("reset/", identity="ada")
    sending.send_due()
    for letter in mail.outbox[-1:]:
        for link in re.findall(r"http://testserver(/accounts/reset/link/\S+)", str(letter.body)):
            heard.secrets.add(link.split("/")[-2])
            heard.hear(client.get(link))
            heard.hear(client.put(link))
    post("reset/choose/", new_password1=NEWER, new_password2=NEWER)
    heard.secrets |= {cookie.value for cookie in client.cookies.values() if len(cookie.value) > 20}


def with_a_second_step(heard: Heard, ada: User) -> None:
    codes = give_second_factor(ada)
    client = Client(raise_request_exception=False)
    raw = User.objects.get(pk=ada.pk)
    password = next(each for each in (PASSWORD, NEWER, NEW) if raw.check_password(each))
    client.post("/accounts/login/", {"username": "ada", "password": password})
    now = code()
    given = [now, *codes.texts[:1]]
    for typed in given:
        heard.hear(client.post("/accounts/login/second-step/", {"code": typed}))
    heard.secrets |= {*codes.texts, f"code={now}", f"'{now}'", f'"{now}"'}


def by_a_program(heard: Heard, eve: User) -> None:
    """Sign in, write an article, refresh, fail to, change the password."""
    program = Program()
    program.client.raise_request_exception = False
    program("POST", "login", {"username": "eve", "password": WRONG})
    answer = program("POST", "login", {"username": "eve", "password": PASSWORD})
    if answer.status_code == 200:
        program.access = answer.json()["access_token"]
        heard.secrets |= {program.access, program.refresh_token}
    else:
        heard.hear(answer)
    article = {"title": "Birds", "content": TEXT, "status": "draft"}
    heard.hear(program("POST", "/api/v1/workspaces/team/articles/", {**article, "tags": 7}))
    change = {"current_password": WRONG, "new_password": NEW}
    heard.hear(program("POST", "password", change))
    heard.hear(program("POST", "password", "not an object at all: " + NEW))
    heard.hear(program("GET", "me", headers={"Authorization": f"Bearer {program.access}x"}))


def test_c3_no_secret_is_logged_or_answered(heard: Heard, ada: User, make_user: MakeUser) -> None:
    in_a_browser(heard, ada)
    with_a_second_step(heard, ada)
    by_a_program(heard, make_user("eve"))
    assert "/accounts/reset/link/[token]/" in heard.log.getvalue()
    assert heard.leaks() == set()
    assert heard.logged() == set()


FAULTS = (
    "accounts.audit.record",
    "accounts.views.ChangePasswordForm.is_valid",
    "accounts.signing_in.find_user",
    "accounts.throttling._limiter",
    "accounts.sessions.SessionStore.load",
    "accounts.mfa.spend",
    "accounts.resetting.owner_of",
)


@pytest.mark.parametrize("where", FAULTS)
def test_c3_a_fault_that_quotes_them_repeats_none(
    heard: Heard,
    ada: User,
    make_user: MakeUser,
    where: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    eve = make_user("eve")
    quoted = " ".join([PASSWORD, WRONG, NEW, NEWER, TEXT])

    def explode(*args: Any, **given: Any) -> None:
        try:
            raise KeyError(f"{quoted} {args!r} {given!r}")
        except KeyError as error:
            raise ValueError(f"while handling {quoted}") from error

    with patch(where, explode):
        in_a_browser(heard, ada)
        with_a_second_step(heard, ada)
        by_a_program(heard, eve)
    assert heard.leaks() == set()
    assert heard.logged() == set()
    assert "ValueError" in heard.log.getvalue()
    assert TEXT in caplog.text  # which writes it as Python would


def test_an_error_is_still_found_by_its_kind_and_place(heard: Heard) -> None:
    logger = logging.getLogger("knowledge.anything")
    try:
        try:
            dict[str, str]()["secret"]
        except KeyError as error:
            raise RuntimeError("secret") from error
    except RuntimeError:
        logger.exception("It failed")
    said = heard.log.getvalue()
    assert "It failed" in said
    assert said.index("KeyError") < said.index("which led to") < said.index("RuntimeError")
    assert said.count("test_logs.py") == 2
    assert '"secret"' in said  # the line of code, which is no secret
    assert "RuntimeError: " not in said


def test_c3_the_web_server_writes_its_errors_like_the_site(heard: Heard) -> None:
    uvicorn.Config("kbsite.asgi:application", log_level="warning")
    logging.config.dictConfig({**settings.LOGGING, "handlers": {}, "root": {}})
    try:
        raise ValueError(TEXT)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    said = heard.log.getvalue()
    assert "Exception in ASGI application" in said
    assert TEXT not in said
