"""That no log tells what one types and is shown on the way through the site (C3), flow by flow.

Each is walked with everything working, and again with a fault in its middle that quotes all of it.
"""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import sending
from accounts.models import ApiToken, User
from kbsite import mongo
from knowledge.answers import opening
from knowledge.models import Article, Role, Workspace
from tests.accounts.admin.pages import password_page
from tests.accounts.authenticator import SECRET, code
from tests.conftest import PASSWORD
from tests.kbsite.hearing import NEW, NEWER, TEXT, WRONG, Heard
from tests.knowledge.conftest import retrieval

Flow = Callable[[Heard, Client], None]
ADDRESS, QUESTION = "canary@example.org", "canary of a question?"
ROOM, JSON = "/api/v1/workspaces/team/", "application/json"


def api_token(heard: Heard, client: Client) -> None:
    """Fail to make one, make one, use it, and use one that is nearly right."""
    asked = {"name": "Backup", "scopes": ["read"], "days": "30", "current_password": WRONG}
    heard.hear(client.post("/accounts/tokens/new/", asked))
    made = client.post("/accounts/tokens/new/", asked | {"current_password": PASSWORD})
    [secret, *_] = re.findall(r"kb_[\w-]{40,}", made.content.decode()) or ["kb_canary" + "x" * 40]
    heard.secrets.add(secret)
    for given in (f"Bearer {secret}", f"Bearer {secret}x", f"Token {secret}", secret):
        heard.hear(
            Client(raise_request_exception=False).get(ROOM, headers={"Authorization": given})
        )


def panel(heard: Heard, client: Client) -> None:
    """Add somebody, and give them another password; each after a slip."""
    client.force_login(User.objects.get(username="root"))
    for second in (NEWER, NEW):
        typed = {"username": "new", "password1": NEW, "password2": second}
        heard.hear(client.post("/admin/accounts/user/add/", typed))
    for second in (NEWER, NEW):
        given = {"password1": NEW, "password2": second}
        heard.hear(client.post(password_page(User.objects.get(username="ada")), given))


def registration(heard: Heard, client: Client) -> None:
    """On the page and by the API, after a slip each; and the mailed link."""
    visitor = Client(raise_request_exception=False)
    for name, second in (("x y", NEW), ("page", NEWER), ("page", NEW)):
        typed = {"username": name, "email": ADDRESS, "password1": NEW, "password2": second}
        visitor.post("/accounts/register/", typed)
    for name in ("x y", "program"):
        typed = {"username": name, "email": "b" + ADDRESS, "password": NEW}
        heard.hear(visitor.post("/api/v1/auth/register", typed, JSON))
    follow_mailed(heard, visitor)


def change_of_email(heard: Heard, client: Client) -> None:
    for password in (WRONG, PASSWORD):
        typed = {"email": ADDRESS, "current_password": password}
        client.post("/accounts/email/", typed)
    follow_mailed(heard, client)


def follow_mailed(heard: Heard, client: Client) -> None:
    """Open the newest link in every way there is; its token is a secret."""
    heard.shown.add(ADDRESS)
    sending.send_due()
    for link in re.findall(r"/accounts/email/link/\S+", str([each.body for each in mail.outbox])):
        token = link.split("/")[-2]
        heard.secrets.add(token)
        for method in ("get", "put", "post"):
            getattr(client, method)(f"/accounts/email/link/{token}/")


def second_step(heard: Heard, client: Client) -> None:
    page = client.get("/accounts/second-step/set-up/")
    [secret] = re.findall(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.content.decode()) or [SECRET]
    heard.secrets |= {secret, secret := secret.replace(" ", "")}
    for typed in ("918273", code(secret)):
        heard.secrets |= {f"'{typed}'", f'"{typed}"', f"={typed}"}
        fields = {"first_code": typed, "current_password": PASSWORD}
        client.post("/accounts/second-step/set-up/", fields)


def writing(heard: Heard, client: Client) -> None:
    """By the page and the API: save, save again, preview, keep a draft, miss the version."""
    typed = {"title": "Birds", "content": TEXT, "visibility": "public", "publish": "1"}
    for name in ("article_new", "preview"):
        client.post(reverse(f"knowledge:{name}", args=["team"]), typed)
    for seen in ("1", "1"):
        edited = typed | {"content": f"{TEXT} {TEXT}", "seen": seen}
        client.post(reverse("knowledge:article_edit", args=["team", "birds"]), edited)
    client.post(reverse("knowledge:draft_keep", args=["team", "0" * 24]), typed)
    client.post(f"{ROOM}articles/", {"title": "Bees", "content": TEXT}, JSON)
    client.patch(f"{ROOM}articles/bees", {"content": TEXT * 2}, JSON)
    client.patch(f"{ROOM}articles/bees", {"content": TEXT * 3, "version": 1}, JSON)


def asking(heard: Heard, client: Client) -> None:
    """On the page, in the quick-find and the list, and by the API; too long, too."""
    heard.shown.add(QUESTION)
    for path in ("/w/team/", "/w/team/titles", "/w/team/articles/"):
        for text in (QUESTION, QUESTION * 500):
            client.get(path, {"q": text}, headers={"Accept": "text/html"})
    for asked in (QUESTION, QUESTION * 500, {"$gt": QUESTION}):
        client.post(f"{ROOM}answers", {"question": asked}, JSON)


FAULTS: dict[Flow, tuple[str, ...]] = {
    api_token: ("accounts.api_tokens.make", "accounts.api_tokens.find"),
    panel: ("accounts.managing.create", "accounts.managing.give_password"),
    registration: ("accounts.registration.register", "accounts.email_addresses.awaited_by"),
    change_of_email: ("accounts.email_addresses.ask_to_confirm", "accounts.audit.record"),
    second_step: ("accounts.mfa.secret_to_show", "accounts.recovery_codes.make"),
    writing: ("knowledge.editing._insert", "knowledge.editing._apply"),
    asking: ("knowledge.answers.opening.retrieve", "knowledge.browsing.quick_find.ordered"),
}
WITH_FAULTS = [(flow, fault) for flow, faults in FAULTS.items() for fault in faults]
HAPPENED: dict[Flow, Callable[[], object]] = {
    api_token: lambda: ApiToken.objects.get().last_used_at,
    panel: lambda: all(each.check_password(NEW) for each in User.objects.exclude(username="root")),
    registration: lambda: User.objects.filter(email=ADDRESS).exists(),
    change_of_email: lambda: User.objects.filter(email=ADDRESS).exists(),
    second_step: lambda: User.objects.get(username="ada").has_mfa,
    writing: lambda: [each.version for each in Article.objects.all()] == [2, 2],
    asking: lambda: len([*mongo.answers().find({"question": QUESTION})]) == 2,
}


@pytest.fixture
def ada(
    make_user: Callable[..., User],
    workspace: Workspace,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    """Signed in on a site where anybody may register; a search finds nothing."""
    settings.REGISTRATION = "open"
    monkeypatch.setattr(opening, "retrieve", lambda **_: retrieval("none", ()))
    make_user("root", is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(make_user("ada", workspace=workspace, role=Role.EDITOR))
    return client


@pytest.mark.parametrize("flow", FAULTS)
def test_c3_nothing_that_is_typed_or_shown_is_logged(heard: Heard, ada: Client, flow: Flow) -> None:
    flow(heard, ada)
    assert HAPPENED[flow]()
    assert "Internal Server Error" not in heard.log.getvalue()
    assert heard.leaks() == set()
    assert heard.logged() == set()


@pytest.mark.parametrize(("flow", "where"), WITH_FAULTS)
def test_c3_nor_by_a_fault_on_the_way(heard: Heard, ada: Client, flow: Flow, where: str) -> None:
    with patch(where, heard.explode):
        flow(heard, ada)
    assert "ValueError" in heard.log.getvalue()
    assert heard.leaks() == set()
    assert heard.logged() == set()
