"""Who is told: only what they may see by now, and nothing once they may see nothing."""

import time
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Session, User
from knowledge.live import hub
from knowledge.models import Article, Membership, Role, Status, Visibility, Workspace
from tests.knowledge.live.conftest import Watch, cookie_of, signed_in
from tests.knowledge.site import Site

MakeArticle = Callable[..., Article]


def touch(article: Article) -> None:
    """Change its state as the worker does."""
    article.refresh_from_db()
    Article.objects.filter(pk=article.pk).update(chunks_done=article.chunks_done + 1)


def test_t6_who_is_removed_is_told_nothing_more_within_two_seconds(
    watch: Watch, make_article: MakeArticle
) -> None:
    article = make_article(visibility=Visibility.PRIVATE)
    Workspace.objects.update(visibility=Visibility.MEMBERS)
    page = watch(article)
    page.next()
    Membership.objects.all().delete()
    removed = time.monotonic()
    page.until("close")
    assert time.monotonic() - removed < 2
    assert page.visit.body.endswith("event: close\ndata:\n\n")


def test_s2_signing_out_ends_the_streams(watch: Watch, make_article: MakeArticle) -> None:
    page = watch(make_article())
    page.next()
    Session.objects.all().delete()
    page.until("close")


def test_t6_who_is_made_a_viewer_loses_what_only_editors_see(
    watch: Watch, make_article: MakeArticle
) -> None:
    draft, shown = make_article("Draft", status=Status.DRAFT), make_article("Shown")
    page = watch(draft, shown)
    page.next()
    Membership.objects.update(role=Role.VIEWER)
    told, _ = page.until("reset")
    assert [state["article"] for state in told["states"]] == [str(shown.pk)]
    assert told["gone"] == [str(draft.pk)]


@pytest.mark.parametrize("hidden", [{"status": Status.DRAFT}, {"visibility": Visibility.PRIVATE}])
def test_t5_viewers_are_told_nothing_of_what_they_cannot_read(
    watch: Watch,
    make_article: MakeArticle,
    make_user: Callable[..., User],
    workspace: Workspace,
    hidden: dict[str, str],
) -> None:
    secret, shown = make_article("Secret", **hidden), make_article("Shown")
    page = watch(user=make_user("vic", workspace=workspace, role=Role.VIEWER))
    page.next()
    touch(secret)
    touch(shown)
    assert page.next()[1]["article"] == str(shown.pk)
    assert str(secret.pk) not in page.visit.read


def test_t1_other_workspaces_say_nothing(
    watch: Watch, make_article: MakeArticle, make_workspace: Callable[..., Workspace]
) -> None:
    canary = make_article("Canary", workspace=make_workspace("other"))
    ours = make_article("Ours")
    named, whole = watch(ours, canary), watch()
    assert named.next()[1]["gone"] == [str(canary.pk)]
    whole.next()
    touch(canary)
    canary_id = str(canary.pk)
    canary.delete()
    touch(ours)
    for page in (named, whole):
        assert page.next()[1]["article"] == str(ours.pk)
    assert canary_id not in whole.visit.read
    assert named.visit.read.count(canary_id) == 1, "only as gone, like any id that is nobody's"


def test_only_editors_get_the_button_that_tries_again(
    watch: Watch, make_article: MakeArticle, make_user: Callable[..., User], workspace: Workspace
) -> None:
    article = make_article()
    Article.objects.update(index_error="busy")
    viewer = make_user("vic", workspace=workspace, role=Role.VIEWER)
    shown = [watch(article, user=user).next()[1]["states"][0]["html"] for user in (viewer,)]
    assert "failed: busy" in shown[0]
    assert "Retry now" not in shown[0]
    assert "Retry now" in watch(article).next()[1]["states"][0]["html"]


def test_a_visitor_is_told_not_to_come_again(site: Site, workspace: Workspace) -> None:
    assert site.open("/w/team/live").status == 204


def test_the_number_of_streams_is_bounded(
    watch: Watch, make_article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MAX_STREAMS_EACH", 1)
    article = make_article()
    watch(article).next()
    refused = watch(article)
    assert refused.visit.status == 503


def test_what_is_refused_can_be_asked_for_now_and_then(
    editor: User, make_article: MakeArticle, client: Client
) -> None:
    client.force_login(editor)
    article = make_article()
    told = client.get("/w/team/live", {"article": str(article.pk), "poll": "1"}).json()
    assert told["states"][0]["kind"] == "waiting"


@pytest.mark.parametrize(
    "query", ["article=x", "article=" + "&article=0123456789abcdef01234567" * 101]
)
def test_an_address_that_no_page_has_is_refused(site: Site, editor: User, query: str) -> None:
    headers = cookie_of(signed_in(editor))
    assert site.open(f"/w/team/live?{query}", headers=headers).status == 400
