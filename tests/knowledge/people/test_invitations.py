"""Invitations by link: secret, single use, gone when they should be, never lowering a role."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from kbsite import mongo
from knowledge.models import Invitation, Membership, Role, SentInvitation, Workspace
from knowledge.people import invitations, members
from knowledge.people.members import Refused
from knowledge.workspaces import archive_workspace, delete_workspace
from tests.knowledge.people.conftest import MakeUser, Team
from tests.knowledge.people.pages import AsUser, account, invited, text_of, token_of, url


def mailed() -> str:
    """The path of the link in the newest mail."""
    found = re.search(r"/invitations/\S+", str(mail.outbox[-1].body))
    assert found
    return found[0]


def gone(client: Client, path: str) -> bool:
    responses = [client.get(path), client.post(path + "/join")]
    responses.append(client.post(path + "/register", account()))
    refused = {(each.status_code, "does not hold" in text_of(each)) for each in responses}
    return refused == {(404, True)}


def test_a_link_makes_whoever_is_signed_in_a_member_once(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    path = invited(as_user(team.admin), role="editor")
    ann, bob = make_user("ann"), make_user("bob")
    page = text_of(as_user(ann).get(path))
    assert "Team" in page
    assert "ann" in page
    assert as_user(ann).post(path + "/join")["Location"] == "/w/team/"
    assert team.role(ann) == Role.EDITOR
    assert gone(as_user(bob), path)
    assert team.role(bob) is None


def test_opening_a_link_joins_nothing(team: Team, as_user: AsUser, make_user: MakeUser) -> None:
    path = invited(as_user(team.admin))
    ann = make_user("ann")
    as_user(ann).get(path)
    assert as_user(ann).get(path + "/join").status_code == 405
    assert team.role(ann) is None
    assert Invitation.objects.count() == 1


def test_a_new_account_is_made_by_the_link_and_signed_in(
    team: Team, as_user: AsUser, client: Client
) -> None:
    invited(as_user(team.admin), email="New.Person@example.org", role="editor")
    path = mailed()
    response = client.post(path + "/register", account(), follow=True)
    assert "You are a member of “Team” now" in text_of(response)
    made = User.objects.get(username="newcomer")
    assert (made.email, team.role(made)) == ("New.Person@example.org", Role.EDITOR)
    assert client.get(url("articles")).status_code == 200
    assert not made.is_superuser
    assert gone(Client(), path)


def test_s1_registering_by_the_link_takes_another_session_key(team: Team, as_user: AsUser) -> None:
    path, browser = invited(as_user(team.admin)), Client()
    browser.cookies["session"] = planted = "planted-by-somebody-else-00000000"
    browser.get(path)
    browser.post(path + "/register", account())
    assert browser.get("/accounts/security/").status_code == 200
    attacker = Client()
    attacker.cookies["session"] = planted
    assert attacker.get("/accounts/security/").status_code == 302


def test_an_address_that_the_mailed_link_showed_is_confirmed(
    team: Team, as_user: AsUser, client: Client
) -> None:
    invited(as_user(team.admin))
    client.post(mailed() + "/register", account())
    assert User.objects.get(username="newcomer").email_verified_at
    passed_on = invited(as_user(team.admin), email="other@example.org")
    Client().post(passed_on + "/register", account(username="other"))
    assert User.objects.get(username="other").email_verified_at is None


def test_where_registration_is_closed_only_existing_accounts_join(
    team: Team, as_user: AsUser, make_user: MakeUser, client: Client, settings: Any
) -> None:
    settings.REGISTRATION = "closed"
    path = invited(as_user(team.admin))
    page = text_of(client.get(path))
    assert "Nobody can make an account here by themselves" in page
    assert "Password" not in page
    client.post(path + "/register", account())
    assert not User.objects.filter(username="newcomer").exists()
    assert as_user(make_user("ann")).post(path + "/join")["Location"] == "/w/team/"


def test_p1_an_account_by_invitation_obeys_the_policy_and_keeps_the_link(
    team: Team, as_user: AsUser, client: Client
) -> None:
    path = invited(as_user(team.admin))
    weak = account(password1="olga", password2="olga")
    page = text_of(client.post(path + "/register", weak))
    assert "Add a digit" in page
    assert "Use at least 8 characters" in page
    taken = text_of(client.post(path + "/register", account(username="OLGA")))
    assert "already has this user name" in taken
    assert User.objects.count() == 4
    assert client.post(path + "/register", account()).status_code == 302


def test_p6_the_inviting_workspaces_name_makes_no_password(
    team: Team, as_user: AsUser, client: Client
) -> None:
    Workspace.objects.update(name="Skunkworks")
    path = invited(as_user(team.admin))
    close = account(password1="Skunkworks-2026", password2="Skunkworks-2026")
    said = "This is little more than “Skunkworks”, the name of a workspace. Add other words."
    assert said in unescape(text_of(client.post(path + "/register", close)))
    assert not User.objects.filter(username="newcomer").exists()
    # and it is said while one types, by the field that goes along
    assert 'name="joins" value="Skunkworks"' in text_of(client.get(path))
    typed = {"password1": "Skunkworks-2026", "joins": "Skunkworks"}
    assert said in unescape(text_of(client.post("/accounts/password/rules/", typed)))


def test_a_posted_field_cannot_make_an_administrator(
    team: Team, as_user: AsUser, client: Client
) -> None:
    path = invited(as_user(team.admin))
    more = {"is_superuser": "on", "is_staff": "on", "email": "x@example.org", "role": "admin"}
    client.post(path + "/register", account(**more))
    made = User.objects.get(username="newcomer")
    assert (made.is_superuser, made.is_staff, made.email) == (False, False, "")
    assert team.role(made) == Role.VIEWER


def test_the_link_to_pass_on_does_not_claim_the_address(
    team: Team, as_user: AsUser, client: Client
) -> None:
    path = invited(as_user(team.admin), email="ceo@example.org")
    assert mailed() != path
    client.post(path + "/register", account())
    assert User.objects.get(username="newcomer").email == ""


def test_r4_inviting_tells_nothing_about_accounts(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    make_user("known")
    admin = as_user(team.admin)
    seen = []
    for email in ("known@example.org", "other@example.org"):
        response = admin.post(url("invite"), {"email": email, "role": "viewer"})
        path = re.findall(r"/invitations/[\w-]{43,}", text_of(response))[0]
        page = Client().get(path)
        posted = Client().post(path + "/register", {})
        answers = [(each.status_code, each.headers.keys()) for each in (response, page, posted)]
        texts = [text_of(each).replace(email, "") for each in (response, page, posted)]
        bare = [re.sub(r"[\w-]{24,}|other|known", "", text) for text in texts]
        seen.append((answers, bare))
        Invitation.objects.all().delete()
    assert seen[0] == seen[1]


def test_whoever_has_read_the_mailbox_is_told_to_sign_in(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    make_user("known")
    invited(as_user(team.admin), email="Known@example.org")
    path = mailed()
    page = text_of(Client().get(path))
    assert "has an account here" in page
    assert f"/accounts/login/?next={path}" in page
    Client().post(path + "/register", account())
    assert not User.objects.filter(username="newcomer").exists()


def test_only_a_hash_of_the_secret_is_stored(team: Team, as_user: AsUser) -> None:
    path = invited(as_user(team.admin))
    names = [name for name in mongo.database().list_collection_names() if "system" not in name]
    stored = str([list(mongo.database()[name].find()) for name in names])
    for each in (path, mailed()):
        assert len(token_of(each)) >= 43
        assert token_of(each) not in stored


def test_an_invitation_expires(
    team: Team, as_user: AsUser, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.INVITATION_DAYS = 2
    path = invited(as_user(team.admin))
    later = timezone.now() + timedelta(days=2, seconds=1)
    monkeypatch.setattr("knowledge.people.invitations.timezone.now", lambda: later)
    assert gone(Client(), path)


def test_a_revoked_invitation_and_one_sent_again_are_gone(team: Team, as_user: AsUser) -> None:
    admin = as_user(team.admin)
    path = invited(admin)
    admin.post(url("invitation_resend", Invitation.objects.get().pk))
    assert gone(Client(), path)
    again = mailed()
    assert Client().get(again).status_code == 200
    admin.post(url("invitation_revoke", Invitation.objects.get().pk))
    assert gone(Client(), again)
    assert Invitation.objects.count() == 0


def test_an_address_has_one_open_invitation_the_newest(team: Team, as_user: AsUser) -> None:
    path = invited(as_user(team.admin), email="new@example.org")
    invited(as_user(team.admin), email="NEW@example.org", role="editor")
    assert gone(Client(), path)
    assert Invitation.objects.get().role == Role.EDITOR


def test_a_role_never_becomes_less_and_can_become_more(team: Team, as_user: AsUser) -> None:
    for role, user, then in [
        ("viewer", team.editor, Role.EDITOR),
        ("viewer", team.owner, Role.ADMIN),
        ("editor", team.viewer, Role.EDITOR),
    ]:
        path = invited(as_user(team.admin), role=role)
        as_user(user).post(path + "/join")
        assert team.role(user) == then
    assert Membership.objects.count() == 4


@pytest.mark.parametrize("end", ["demoted", "removed", "deactivated", "deleted"])
def test_t6_an_invitation_holds_while_its_inviter_may_invite(
    team: Team, as_user: AsUser, end: str
) -> None:
    path = invited(as_user(team.admin), role="admin")
    if end == "demoted":
        members.change_role(
            workspace=team.workspace, user=team.admin, role=Role.EDITOR, by=team.owner
        )
    elif end == "removed":
        members.remove_member(workspace=team.workspace, user=team.admin, by=team.owner)
    elif end == "deactivated":
        User.objects.filter(pk=team.admin.pk).update(is_active=False)
    else:
        team.admin.delete()
    assert gone(Client(), path)
    assert "does not hold" in text_of(as_user(team.owner).get(url("people")))


def test_an_archived_workspace_is_joined_and_a_deleted_one_is_not(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    first = invited(as_user(team.admin), email="a@example.org")
    second = invited(as_user(team.admin), email="b@example.org")
    archive_workspace(team.workspace)
    ann = make_user("ann")
    as_user(ann).post(first + "/join")
    assert team.role(ann) == Role.VIEWER
    delete_workspace(team.workspace)
    assert gone(Client(), second)


def test_many_who_join_by_one_link_at_once_are_one(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    token = token_of(invited(as_user(team.admin)))
    people = [make_user(f"p{number}") for number in range(6)]
    assert at_once(lambda user: invitations.accept(token, user=user), people) == 1
    assert Membership.objects.count() == 5


def test_many_accounts_by_one_link_at_once_are_one(team: Team, as_user: AsUser) -> None:
    path = invited(as_user(team.admin))

    def register(name: str) -> None:
        response = Client().post(path + "/register", account(username=name))
        assert response.status_code == 302

    assert at_once(register, [f"new{number}" for number in range(6)]) == 1
    assert User.objects.filter(username__startswith="new").count() == 1


def at_once(work: Any, arguments: list[Any]) -> int:
    """How many of the calls, each in a thread of its own, got through."""
    barrier = Barrier(len(arguments))

    def run(argument: Any) -> bool:
        try:
            barrier.wait(10)
            work(argument)
        except (invitations.InvitationGone, AssertionError):
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(len(arguments)) as pool:
        return sum(pool.map(run, arguments))


def test_a_member_is_not_invited(team: Team, as_user: AsUser) -> None:
    page = as_user(team.admin).post(
        url("invite"), {"email": "VIEWER-1@example.org", "role": "admin"}
    )
    assert "a member already" in text_of(page)
    assert team.role(team.viewer) == Role.VIEWER
    assert mail.outbox == []


def test_r5_invitations_are_bounded(
    team: Team, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MAX_OPEN", 2)
    monkeypatch.setattr(invitations, "MAX_SENT_AN_HOUR", 3)
    admin = as_user(team.admin)
    for number in range(2):
        invited(admin, email=f"n{number}@example.org")
    full = admin.post(url("invite"), {"email": "n3@example.org", "role": "viewer"})
    assert "2 invitations are open" in text_of(full)
    Invitation.objects.all().delete()
    late = admin.post(url("invite"), {"email": "n3@example.org", "role": "viewer"})
    assert "within an hour" in text_of(late)
    SentInvitation.objects.update(sent_at=timezone.now() - timedelta(hours=1, seconds=1))
    invited(admin, email="n3@example.org")


def test_an_invitation_belongs_to_its_workspace(
    team: Team, as_user: AsUser, make_user: MakeUser
) -> None:
    invited(as_user(team.admin))
    other = Workspace.objects.create(slug="other", name="Other")
    eve = make_user("eve", workspace=other, role=Role.ADMIN)
    pk = Invitation.objects.get().pk
    for name in ("invitation_resend", "invitation_revoke"):
        assert as_user(eve).post(url(name, pk, workspace="other")).status_code == 404
    with pytest.raises(Refused):
        invitations.invite(workspace=team.workspace, email="x@y.org", role=Role.ADMIN, by=eve)
    assert Invitation.objects.count() == 1
