"""People in the admin panel: accounts/admin/people.py and admin_site.py."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.forms import NewPersonForm
from accounts.models import PasswordConflict, User
from knowledge.models import Article, Membership, Role, Workspace
from tests.accounts.admin.pages import change_page, password_page
from tests.conftest import PASSWORD

MakeUser = Callable[..., User]
ADD = "/admin/accounts/user/add/"
NEW = "Another-horse-9"


def add(client: Client, **fields: str):  # type: ignore[no-untyped-def]
    given = {"username": "eve", "password1": NEW, "password2": NEW, **fields}
    return client.post(ADD, given)


def errors(response) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    return dict(response.context["adminform"].form.errors)


def test_only_superusers_get_in(client: Client, make_user: MakeUser) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == (
        "/accounts/login/?next=/admin/"
    )
    client.force_login(make_user("ada", is_staff=True))
    assert client.get("/admin/", follow=True).status_code == 403


def test_one_signs_in_and_changes_the_password_on_the_sites_own_pages(
    client: Client, admin: User
) -> None:
    assert client.get("/admin/login/").headers["Location"] == "/admin/"
    assert client.get("/admin/password_change/").headers["Location"] == "/accounts/password/"
    for own in (password_page(admin), password_page(admin).replace(*cased(admin))):
        assert client.get(own).headers["Location"] == "/accounts/password/"


def cased(user: User) -> tuple[str, str]:
    """An id, and the other way to write it."""
    return str(user.pk), str(user.pk).upper()


def test_groups_and_permissions_are_not_there(client: Client, admin: User) -> None:
    page = client.get("/admin/").content.decode()
    assert "/admin/accounts/user/" in page
    assert "group" not in page.lower()


def test_people_are_found_and_filtered(client: Client, admin: User, make_user: MakeUser) -> None:
    make_user("ada", must_change_password=True)
    page = client.get("/admin/accounts/user/", {"q": "ADA@"}).content.decode()
    assert change_page(User.objects.get(username="ada")) in page
    assert change_page(admin) not in page
    held = client.get("/admin/accounts/user/", {"must_change_password__exact": "1"})
    assert held.context["cl"].result_count == 1
    assert client.get("/admin/accounts/user/", {"q": "(.*"}).context["cl"].result_count == 0


def test_an_admin_adds_somebody_who_must_change_the_password(client: Client, admin: User) -> None:
    assert add(client, must_change_password="on").status_code == 302
    user = User.objects.get(username="eve")
    assert user.check_password(NEW)
    assert user.must_change_password
    assert [entry.password for entry in user.password_history] == [user.password]
    assert not user.is_staff


def test_an_added_superuser_gets_into_the_panel(client: Client, admin: User) -> None:
    add(client, is_superuser="on")
    client.force_login(User.objects.get(username="eve"))
    assert client.get("/admin/").status_code == 200


def test_p1_adding_reports_every_broken_rule(client: Client, admin: User) -> None:
    response = add(client, password1="short", password2="short")
    assert len(errors(response)["password2"]) >= 4


def test_a_taken_name_or_email_is_an_error_next_to_its_field(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    assert errors(add(client, username="ROOT")) == {
        "username": ["Somebody already has this user name."]
    }
    assert errors(add(client, email="Root@example.org")) == {
        "email": ["Somebody already has this e-mail address."]
    }
    fields = {"username": "Root", "email": "ROOT@example.org", "is_active": "on"}
    response = client.post(change_page(make_user("ada")), fields)
    assert set(errors(response)) == {"username", "email"}


def test_a_name_taken_between_check_and_write_is_an_error_too(client: Client, admin: User) -> None:
    with patch.object(NewPersonForm, "clean_username", lambda form: _overtaken(form)):
        response = add(client)
    assert errors(response) == {"username": ["taken"]}
    assert User.objects.filter(username_key="eve").count() == 1


def _overtaken(form: NewPersonForm) -> str:
    from django.core.exceptions import ValidationError

    if User.objects.filter(username_key="eve").exists():
        raise ValidationError("taken")
    User.objects.create_user("Eve", password=PASSWORD)
    return str(form.cleaned_data["username"])


@pytest.mark.parametrize("name", ["eve@example.org", "e v e", "eve\0", ""])
def test_a_name_with_other_characters_is_refused(client: Client, admin: User, name: str) -> None:
    assert "username" in errors(add(client, username=name))


def test_changing_somebody_leaves_their_password_alone(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    fields = {"username": "ada", "email": "new@example.org", "is_active": "on"}
    assert client.post(change_page(ada), fields | {"password": "x"}).status_code == 302
    changed = User.objects.get(pk=ada.pk)
    assert (changed.email_key, changed.password) == ("new@example.org", ada.password)


def test_hashes_are_not_shown(client: Client, admin: User, make_user: MakeUser) -> None:
    ada = make_user("ada")
    page = client.get(change_page(ada)).content.decode()
    assert "bcrypt" not in page
    assert ada.password.split("$")[-1][22:28] not in page


def test_an_admin_gives_somebody_a_password_which_they_must_change(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    page = client.get(password_page(ada))
    assert page.status_code == 200
    response = client.post(password_page(ada), {"password1": NEW, "password2": NEW})
    assert response.headers["Location"] == change_page(ada)
    changed = User.objects.get(pk=ada.pk)
    assert changed.check_password(NEW)
    assert changed.must_change_password
    assert len(changed.password_history) == 2


@pytest.mark.parametrize("raw", ["short", PASSWORD, ""])
def test_a_given_password_obeys_policy_and_history(
    client: Client, admin: User, make_user: MakeUser, raw: str
) -> None:
    ada = make_user("ada")
    fields = {"password1": raw, "password2": raw, "usable_password": "false"}
    assert client.post(password_page(ada), fields).context["form"].errors
    assert User.objects.get(pk=ada.pk).password == ada.password


def test_a_given_password_that_came_second_is_told_so(
    client: Client, admin: User, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    with patch.object(User, "replace_hash", side_effect=PasswordConflict):
        fields = {"password1": NEW, "password2": NEW}
        response = client.post(password_page(ada), fields, follow=True)
    assert "changed elsewhere meanwhile" in response.content.decode()


def test_an_admin_cannot_demote_deactivate_or_delete_themselves(
    client: Client, admin: User
) -> None:
    client.post(change_page(admin), {"username": "root", "email": "root@example.org"})
    assert User.objects.filter(pk=admin.pk, is_active=True, is_superuser=True).exists()
    assert client.post(f"{change_page(admin)[:-7]}delete/", {"post": "yes"}).status_code == 403
    fields = {"action": "delete_selected", "_selected_action": str(admin.pk), "post": "yes"}
    client.post("/admin/accounts/user/", fields)
    assert User.objects.filter(pk=admin.pk).exists()


def test_deleting_somebody_keeps_their_articles_and_ends_their_memberships(
    client: Client, admin: User, make_user: MakeUser, workspace: Workspace
) -> None:
    from knowledge.editing import create_article

    ada = make_user("ada", workspace=workspace, role=Role.EDITOR)
    article = create_article(workspace=workspace, author=ada, title="Ports", content="8000")
    delete_page = reverse("admin:accounts_user_delete", args=[ada.pk])
    assert client.get(delete_page).status_code == 200
    assert client.post(delete_page, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=ada.pk).exists()
    assert not Membership.objects.exists()
    assert Article.objects.get(pk=article.pk).author_id is None
    assert article.revisions.get().author_id is None


def test_c3_no_password_reaches_the_panels_log(client: Client, admin: User) -> None:
    add(client)
    user = User.objects.get(username="eve")
    fields = {"password1": "Canary-horse-9", "password2": "Canary-horse-9"}
    client.post(password_page(user), fields)
    messages = " ".join(LogEntry.objects.values_list("change_message", flat=True))
    assert LogEntry.objects.count() == 2
    assert NEW not in messages
    assert "Canary" not in messages
