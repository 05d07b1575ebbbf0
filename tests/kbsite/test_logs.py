"""That logs and error pages repeat nothing that is secret (C3): kbsite/logs.py with the settings.

Canaries go in wherever a secret or an article does, with everything working and with a fault in
the middle whose message quotes them all.
"""

import logging
import logging.config
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import uvicorn
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import sending
from accounts.models import User
from knowledge.models import Role, Workspace
from tests.accounts.api.program import Program
from tests.accounts.authenticator import code, give_second_factor
from tests.conftest import PASSWORD
from tests.kbsite.hearing import NEW, NEWER, TEXT, WRONG, Heard

MakeUser = Callable[..., User]


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


def by_a_program(heard: Heard, eve: User) -> list[int]:
    """Sign in, write an article, fail to change the password, refresh; how that was answered."""
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
    return refresh(heard, program) if answer.status_code == 200 else []


def refresh(heard: Heard, program: Program) -> list[int]:
    """With the right token, a made-up one, and one that was used before, which ends it all."""
    first = program.refresh_token
    answers = [program.refresh()]
    heard.secrets |= {program.access, program.refresh_token, made_up := f"canary-{'x' * 80}"}
    second = program.refresh_token
    answers.append(program.refresh(made_up))
    with patch("accounts.refreshing.GRACE", -timedelta(seconds=1)):
        answers += [program.refresh(first), program.refresh(second)]
    for refused in answers[1:]:
        heard.hear(refused)
    return [answer.status_code for answer in answers]


def test_c3_no_secret_is_logged_or_answered(heard: Heard, ada: User, make_user: MakeUser) -> None:
    in_a_browser(heard, ada)
    with_a_second_step(heard, ada)
    assert by_a_program(heard, make_user("eve")) == [200, 401, 401, 401]
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
    with patch(where, heard.explode):
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
