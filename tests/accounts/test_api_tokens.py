"""Personal API tokens: accounts/api_tokens.py, their pages, and what their scopes open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.api_tokens import MOST
from accounts.models import ApiToken, AuditEvent, QueuedMail, User
from accounts.sessions import digest
from kbsite import mongo
from knowledge.models import Article, Role, Visibility, Workspace
from tests.accounts import authenticator
from tests.accounts.api.program import Program
from tests.conftest import PASSWORD
from tests.knowledge.api.client import TEAM, problem_of

NEW = "/accounts/tokens/new/"
ASKED = {"name": "Backup", "scopes": ["read"], "days": "30", "current_password": PASSWORD}
ALL = ["read", "ask", "write"]


@pytest.fixture
def ada(make_user: Callable[..., User], workspace: Workspace) -> User:
    return make_user("ada", workspace=workspace, role=Role.EDITOR)


@pytest.fixture
def laptop(ada: User, client: Client) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def make(laptop: Client) -> Callable[..., Program]:
    """A script with a token of Ada's."""

    def make_it(*scopes: str) -> Program:
        script = Program()
        script.access = secret_of(laptop.post(NEW, ASKED | {"scopes": scopes}))
        return script

    return make_it


def secret_of(page: Any) -> str:
    return str(page.context["secret"])


def test_a_token_is_shown_once_and_stored_hashed(laptop: Client, ada: User) -> None:
    page = laptop.post(NEW, ASKED)
    secret = secret_of(page)
    assert secret in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert secret.startswith("kb_")
    assert len(secret) >= 46  # 32 bytes
    token = ApiToken.objects.get()
    assert (token.token_hash, token.scopes, token.user) == (digest(secret), ["read"], ada)
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert secret not in str(list(mongo.database()["api_tokens"].find()))
    listed = laptop.get("/accounts/tokens/").content.decode()
    assert "Backup" in listed
    assert secret not in listed


def test_making_one_is_audited_and_mailed(laptop: Client) -> None:
    laptop.post(NEW, ASKED)
    assert AuditEvent.objects.get(action="token.make").details["scopes"] == "read"
    assert QueuedMail.objects.get(kind="token_made").facts["name"] == "Backup"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"days": "366"}, "days"),
        ({"current_password": "no"}, "current_password"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    laptop: Client, wrong: dict[str, object], field: str
) -> None:
    page = laptop.post(NEW, ASKED | wrong)
    assert page.context["form"].errors.keys() == {field}
    assert PASSWORD not in page.content.decode()
    assert not ApiToken.objects.exists()


def test_m4_making_one_takes_a_code_where_there_is_a_second_step(laptop: Client, ada: User) -> None:
    authenticator.give_second_factor(ada)
    assert "code" in laptop.post(NEW, ASKED).context["form"].errors
    assert secret_of(laptop.post(NEW, ASKED | {"code": authenticator.code()}))


def test_nobody_has_more_than_a_few(laptop: Client, ada: User) -> None:
    until = timezone.now() + timedelta(days=1)
    for number in range(MOST):
        ApiToken.objects.create(
            user=ada, name="x", scopes=[], token_hash=str(number), expires_at=until
        )
    assert "already" in str(laptop.post(NEW, ASKED).context["form"].errors)


# what one opens


def outcomes(script: Program, article: Article) -> dict[str, bool]:
    """What the script may do: read, ask, write."""
    came = {
        "read": script("GET", f"{TEAM}/articles/{article.slug}"),
        "ask": script("POST", f"{TEAM}/answers", {}),
        "write": script("POST", f"{TEAM}/articles/", {}),
    }
    for response in came.values():
        if response.status_code == 403:
            assert "scope" in problem_of(response, 403)["detail"]
    return {name: response.status_code != 403 for name, response in came.items()}


@pytest.mark.parametrize("scope", ALL)
def test_a_token_does_what_its_scope_names_and_nothing_else(
    make: Callable[..., Program], make_article: Callable[..., Article], scope: str
) -> None:
    assert outcomes(make(scope), make_article()) == {name: name == scope for name in ALL}


def test_a_token_reads_what_its_person_may_read(
    make: Callable[..., Program], workspace: Workspace, make_workspace: Callable[..., Workspace]
) -> None:
    make_workspace("closed")
    Workspace.objects.filter(pk=workspace.pk).update(visibility=Visibility.MEMBERS)
    script = make(*ALL)
    problem_of(script("GET", "/api/v1/workspaces/closed/"), 404)
    assert script("GET", f"{TEAM}/").json()["rights"]["edit"] is True
    workspace.memberships.all().delete()
    problem_of(script("GET", f"{TEAM}/"), 404)


def test_a_token_opens_nothing_of_the_account_but_who_one_is(make: Callable[..., Program]) -> None:
    script = make(*ALL)
    assert script("GET", "me").json()["username"] == "ada"
    for method, path in [
        ("GET", "sessions"),
        ("DELETE", f"sessions/{'0' * 24}"),
        ("POST", "password"),
        ("POST", "mfa/setup"),
        ("POST", "mfa/verify"),
        ("POST", "logout"),
        ("POST", "logout-all"),
    ]:
        problem_of(script(method, path, {}), 403)


def test_a_token_opens_no_page(make: Callable[..., Program], workspace: Workspace) -> None:
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    assert make(*ALL)("GET", "/w/team/").status_code == 404


def test_a_view_that_names_no_scope_refuses_tokens() -> None:
    from kbsite.api.scopes import token_scope

    class Silent:
        def get(self) -> None: ...

    assert token_scope(Silent(), "GET") is None
    assert token_scope(Silent(), "POST") is None


# how one ends


def test_s2_a_revoked_token_works_no_more(laptop: Client, make: Callable[..., Program]) -> None:
    script = make("read")
    assert script("GET", "me").status_code == 200
    assert ApiToken.objects.get().last_used_at
    revoke = f"/accounts/tokens/{ApiToken.objects.get().pk}/revoke/"
    assert "works no more" in laptop.post(revoke, follow=True).content.decode()
    problem_of(script("GET", "me"), 401)
    assert laptop.post(revoke).status_code == 404
    assert AuditEvent.objects.get(action="token.revoke").target_name == "ada"


@pytest.mark.parametrize("named", ["0" * 24, "none"])
def test_t5_nobody_revokes_somebody_elses(
    make: Callable[..., Program], make_user: Callable[..., User], named: str
) -> None:
    script = make("read")
    other = Client()
    other.force_login(make_user("eve"))
    for token in (named, ApiToken.objects.get().pk):
        assert other.post(f"/accounts/tokens/{token}/revoke/").status_code == 404
    assert script("GET", "me").status_code == 200


@pytest.mark.parametrize("end", ["expired", "inactive", "held"])
def test_a_token_ends_with_its_time_and_stands_still_with_its_person(
    make: Callable[..., Program], ada: User, end: str
) -> None:
    script = make("read")
    if end == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    else:
        change = {"is_active": False} if end == "inactive" else {"must_change_password": True}
        User.objects.filter(pk=ada.pk).update(**change)
    problem_of(script("GET", "/api/v1/workspaces/"), 403 if end == "held" else 401)


@pytest.mark.parametrize("secret", ["kb_", "kb_none", "kb_$ne"])
def test_an_unknown_token_opens_nothing(db: None, secret: str) -> None:
    script = Program()
    script.access = secret
    problem_of(script("GET", "/api/v1/workspaces/"), 401)
