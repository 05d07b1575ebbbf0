"""Who reaches the editors' pages: editors, admins and superusers, nobody else."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from knowledge.models import Article, Role, Status, Visibility, Workspace
from tests.knowledge.editor_pages.pages import MakeArticle, MakeUser, text_of, typed, url

PAGES = [
    ("get", "articles", False),
    ("get", "article_new", False),
    ("post", "article_new", False),
    ("post", "preview", False),
    ("post", "image_new", False),
    ("get", "tag_suggestions", False),
    ("get", "article_edit", True),
    ("post", "article_edit", True),
    ("post", "article_publish", True),
    ("post", "article_unpublish", True),
    ("get", "article_delete", True),
    ("post", "article_delete", True),
    ("post", "article_archive", True),
    ("get", "article_history", True),
    ("get", "article_compare", True),
    ("get", "trash", False),
]


@pytest.mark.parametrize("visibility", [Visibility.PUBLIC, Visibility.MEMBERS])
@pytest.mark.parametrize("who", ["visitor", "outsider", "viewer", "editor", "admin", "superuser"])
def test_t5_only_editors_reach_the_editors_pages(
    client: Client,
    workspace: Workspace,
    make_user: MakeUser,
    make_article: MakeArticle,
    who: str,
    visibility: str,
) -> None:
    Workspace.objects.update(visibility=visibility)
    if who != "visitor":
        role = Role(who) if who in Role.values else None
        user = make_user(workspace=workspace, role=role, is_superuser=who == "superuser")
        client.force_login(user)
    for method, name, of_article in PAGES:
        article = make_article(f"{method} {name}", content="CANARY")
        address = url(name, article.slug) if of_article else url(name)
        response = getattr(client, method)(address, {"seen": "0"} if method == "post" else {})
        if who in ("editor", "admin", "superuser"):
            assert response.status_code not in (403, 404)
            continue
        sign_in = who == "visitor" and visibility == Visibility.PUBLIC
        assert response.status_code == (302 if sign_in else 404), name
        assert not sign_in or response["Location"].startswith(reverse("accounts:login"))
        assert "CANARY" not in text_of(response)
        assert Article.objects.get(pk=article.pk).version == 1


def test_t5_an_editor_of_one_workspace_does_not_reach_anothers_articles(
    editor: Client, make_article: MakeArticle
) -> None:
    other = Workspace.objects.create(slug="other", name="Other", visibility=Visibility.PUBLIC)
    make_article(workspace=other, slug="theirs")
    for method, name, of_article in PAGES:
        parts = ["other", "theirs"] if of_article else ["other"]
        for workspace in ("other", "team") if of_article else ("other",):
            address = reverse(f"knowledge:{name}", args=[workspace, *parts[1:]])
            if (method, name, workspace) == ("post", "article_edit", "team"):
                assert editor.post(address).status_code == 409  # offered as a new article
            else:
                assert getattr(editor, method)(address).status_code == 404
    assert Article.objects.get().version == 1


def test_t6_an_editor_who_is_removed_loses_the_pages_at_once(editor: Client) -> None:
    assert editor.get(url("articles")).status_code == 200
    User.objects.get().memberships.all().delete()
    assert editor.get(url("articles")).status_code == 404


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "preview"),
        ("get", "article_publish"),
        ("get", "article_unpublish"),
        ("post", "articles"),
        ("put", "article_edit"),
        ("delete", "article_delete"),
    ],
)
def test_other_methods_are_refused(
    editor: Client, make_article: MakeArticle, method: str, name: str
) -> None:
    address = url(name) if name in ("preview", "articles") else url(name, make_article().slug)
    assert getattr(editor, method)(address).status_code == 405


@pytest.mark.parametrize("name", ["article_new", "preview", "article_publish", "article_delete"])
def test_c2_posts_without_the_token_are_refused(
    workspace: Workspace, make_user: MakeUser, make_article: MakeArticle, name: str
) -> None:
    article = make_article(status=Status.DRAFT)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    address = url(name) if name in ("article_new", "preview") else url(name, article.slug)
    assert client.post(address, typed(seen="1")).status_code == 403
    assert Article.objects.get().version == 1
