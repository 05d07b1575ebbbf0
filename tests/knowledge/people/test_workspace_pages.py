"""Creating, changing, archiving and deleting a workspace by its pages."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from knowledge.editing import create_article
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace
from tests.knowledge.editor_pages.test_hostile_words import HOSTILE, Shape
from tests.knowledge.people.conftest import MakeUser, Team
from tests.knowledge.people.pages import AsUser, invited, text_of, url

NEW = "/workspaces/new"


def typed(**fields: Any) -> dict[str, Any]:
    return {"name": "Team", "visibility": "members", **fields}


def write(team: Team, **fields: Any) -> Article:
    return create_article(
        workspace=team.workspace, author=None, title="Ports", content="8000", **fields
    )


def test_whoever_creates_a_workspace_owns_it_and_is_its_admin(
    as_user: AsUser, make_user: MakeUser
) -> None:
    ada = make_user("ada")
    answer = as_user(ada).post(NEW, typed(name="Night Sky", example_questions="Where?\nWhen?"))
    made = Workspace.objects.get()
    assert answer["Location"] == "/w/night-sky/articles/"
    assert (made.owner, made.visibility, made.slug) == (ada, Visibility.MEMBERS, "night-sky")
    assert made.example_questions == ["Where?", "When?"]
    assert Membership.objects.get().role == Role.ADMIN


@pytest.mark.parametrize(
    ("slug", "says"),
    [("team", "Another workspace"), ("admin", "kept for the site"), ("a b", "only letters")],
)
def test_an_address_that_cannot_be_had_is_said_beside_it(
    team: Team, as_user: AsUser, slug: str, says: str
) -> None:
    page = as_user(team.viewer).post(NEW, typed(name="Mine", slug=slug))
    assert says in page.context["form"].errors["slug"][0]
    assert "Mine" in text_of(page)
    assert Workspace.objects.count() == 1


def test_an_address_made_from_the_name_finds_a_free_one(team: Team, as_user: AsUser) -> None:
    client = as_user(team.viewer)
    for name in ("Team", "Admin", "望遠鏡"):
        assert client.post(NEW, typed(name=name)).status_code == 302
    slugs = set(Workspace.objects.values_list("slug", flat=True)) - {"team", "team-2", "admin-2"}
    assert len(slugs) == 1
    assert slugs.pop().startswith("workspace-")


def test_who_may_create_workspaces_is_a_setting(
    as_user: AsUser, make_user: MakeUser, settings: Any
) -> None:
    ada, root = as_user(make_user("ada")), as_user(make_user("root", is_superuser=True))
    assert "New workspace" in text_of(ada.get("/"))
    settings.WORKSPACE_CREATORS = "administrators"
    assert "New workspace" not in text_of(ada.get("/"))
    assert ada.post(NEW, typed()).status_code == ada.get(NEW).status_code == 404
    assert root.post(NEW, typed()).status_code == 302
    assert Client().get(NEW)["Location"].startswith(reverse("accounts:login"))


def test_settings_change_what_was_changed_and_nothing_else(team: Team, as_user: AsUser) -> None:
    Workspace.objects.update(description="By somebody else meanwhile")
    owner = as_user(team.owner)
    owner.get(url("workspace_settings"))
    given = typed(
        name="New name", description="By somebody else meanwhile", slug="x", owner=team.viewer.pk
    )
    assert owner.post(url("workspace_settings"), given).status_code == 302
    stored = Workspace.objects.get()
    assert (stored.name, stored.slug, stored.owner) == ("New name", "team", team.owner)
    assert stored.description == "By somebody else meanwhile"
    assert owner.post(url("workspace_settings"), given).status_code == 302  # nothing is new


def sent(page: Any, **changes: Any) -> dict[str, Any]:
    """What the settings' form sends as it was opened, with these changes."""
    fields = [field for field in page.context["form"] if field.name != "make_public"]
    shown = {field.html_name: field.value() for field in fields}
    opened = {field.html_initial_name: shown[field.html_name] for field in fields}
    return {**shown, **opened, **changes}


def test_two_admins_who_change_different_fields_both_have_their_way(
    team: Team, as_user: AsUser
) -> None:
    Workspace.objects.update(description="Old", example_questions=["Where?", "When?"])
    owner, admin = as_user(team.owner), as_user(team.admin)
    pages = [client.get(url("workspace_settings")) for client in (owner, admin)]
    assert 'name="initial-description" value="Old"' in text_of(pages[0])
    opened = sent(pages[0], description="New", visibility="public", make_public="on")
    owner.post(url("workspace_settings"), opened)
    admin.post(url("workspace_settings"), sent(pages[1], name="Renamed"))
    stored = Workspace.objects.get()
    assert (stored.name, stored.description) == ("Renamed", "New")
    assert stored.visibility == Visibility.PUBLIC
    assert stored.example_questions == ["Where?", "When?"]


def test_a_page_from_when_it_was_open_neither_opens_it_again_nor_asks(
    team: Team, as_user: AsUser
) -> None:
    Workspace.objects.update(visibility=Visibility.PUBLIC)
    owner = as_user(team.owner)
    page = owner.get(url("workspace_settings"))
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    assert owner.post(url("workspace_settings"), sent(page, name="X")).status_code == 302
    assert Workspace.objects.get().visibility == Visibility.MEMBERS


def test_opening_a_workspace_to_everyone_is_said_plainly_and_asked_twice(
    team: Team, as_user: AsUser
) -> None:
    for visibility, status in [
        (Visibility.PUBLIC, Status.PUBLISHED),
        (Visibility.PUBLIC, Status.PUBLISHED),
        (Visibility.PUBLIC, Status.DRAFT),
        (Visibility.MEMBERS, Status.PUBLISHED),
    ]:
        write(team, visibility=visibility, status=status)
    owner = as_user(team.owner)
    page = owner.post(url("workspace_settings"), typed(visibility="public"))
    assert "2 articles for everyone will be readable by anyone on the internet" in text_of(page)
    assert "make_public" in page.context["form"].errors
    assert Workspace.objects.get().visibility == Visibility.MEMBERS
    owner.post(url("workspace_settings"), typed(visibility="public", make_public="on"))
    assert Workspace.objects.get().visibility == Visibility.PUBLIC
    owner.post(url("workspace_settings"), typed(visibility="members"))
    assert Workspace.objects.get().visibility == Visibility.MEMBERS


def test_a_visibility_that_does_not_exist_is_refused(team: Team, as_user: AsUser) -> None:
    for value in ("private", "", "*"):
        page = as_user(team.owner).post(url("workspace_settings"), typed(visibility=value))
        assert "visibility" in page.context["form"].errors


def test_deleting_says_what_goes_and_wants_the_name(team: Team, as_user: AsUser) -> None:
    write(team)
    owner = as_user(team.owner)
    page = text_of(owner.get(url("workspace_delete")))
    assert "Articles: 1" in page
    assert "Memberships: 4" in page
    assert f'href="{url("export")}"' in page
    refused = owner.post(url("workspace_delete"), {"name": "team"})
    assert "Nothing was deleted" in text_of(refused)
    assert Workspace.objects.get().deleted_at is None
    assert owner.post(url("workspace_delete"), {"name": " Team "})["Location"] == "/"
    assert Workspace.objects.get().deleted_at is not None
    assert owner.get(url("search")).status_code == 404
    assert Article.objects.count() == 1  # the worker's sweep empties it


def test_the_navigation_offers_what_one_may_enter(team: Team, as_user: AsUser) -> None:
    Workspace.objects.update(visibility=Visibility.PUBLIC)
    offers = {
        who: [place for place in ("people", "settings") if f'href="/w/team/{place}"' in page]
        for who in ("viewer", "editor", "admin")
        for page in [text_of(as_user(getattr(team, who)).get(url("search")))]
    }
    assert offers == {
        "viewer": ["people"],
        "editor": ["people"],
        "admin": ["people", "settings"],
    }
    assert "/w/team/people" not in text_of(Client().get(url("search")))


@pytest.mark.parametrize("words", HOSTILE)
def test_x1_a_workspaces_words_never_become_markup(team: Team, as_user: AsUser, words: str) -> None:
    owner = as_user(team.owner)
    link = invited(owner)

    def shapes(text: str) -> list[Any]:
        Workspace.objects.update(name=text[:80], description=text, example_questions=[text])
        User.objects.filter(pk=team.viewer.pk).update(first_name=text, email=text)
        pages = [
            owner.get("/"),
            owner.get(url("people")),
            owner.get(url("workspace_settings")),
            owner.get(url("workspace_delete")),
            owner.get(url("member_remove", team.viewer.pk)),
            owner.get(url("workspace_transfer", team.viewer.pk)),
            owner.get(link),
            Client().get(link),
            owner.post(url("workspace_settings"), typed(name=text * 9, description=text * 50)),
            owner.post(url("workspace_delete"), {"name": text + "."}),
            owner.post(url("invite"), {"email": text, "role": text}),
            owner.post(NEW, typed(name="", slug=text, description=text)),
        ]
        return [Shape(page).tags for page in pages]

    assert shapes(words) == shapes("plain words of no interest")


def test_c3_an_invitations_secret_is_taken_out_of_every_line_of_the_log(
    team: Team, as_user: AsUser, caplog: pytest.LogCaptureFixture
) -> None:
    link = invited(as_user(team.owner))
    Client(enforce_csrf_checks=True).post(link + "/join")
    Client().put(link)
    assert caplog.text.count("/invitations/[token]") == 2  # Django names the path it refuses
    assert link not in caplog.text
