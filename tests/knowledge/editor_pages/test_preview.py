"""The preview: the article page's HTML, beside the text or within the form."""

from typing import Any

import pytest
from django.test import Client

from knowledge import rendering
from knowledge.models import Article, Workspace
from knowledge.views import editing as editing_views
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, typed, url


def test_the_preview_is_what_the_article_page_shows(
    editor: Client, make_article: MakeArticle
) -> None:
    content = "# Ports\n\n## Which\n\n| a |\n|---|\n| **1** |\n\n`code` <script>x</script>\n"
    article = make_article(title="Ports", content=content)
    page = text_of(editor.get(url("article", article.slug)))
    preview = editor.post(url("preview"), typed(content=content), headers={"HX-Request": "true"})
    assert str(preview.context["preview"]) in page
    assert "<strong>1</strong>" in text_of(preview)


def test_without_javascript_the_preview_comes_in_the_form_as_typed(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    given = typed(content="Now **bold**", tags="kept", editing=article.slug, seen="1")
    shown = text_of(editor.post(url("preview"), given))
    assert "<strong>bold</strong>" in shown
    assert "Now **bold**" in shown
    assert f'action="{url("article_edit", article.slug)}"' in shown
    assert 'value="kept"' in shown
    assert Article.objects.get().content == "Stored"


@pytest.mark.parametrize("failure", [rendering.RenderTimeout, rendering.RenderError])
def test_a_text_that_cannot_be_laid_out_is_said_so_and_kept_and_can_be_saved(
    editor: Client, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure("too slow")

    monkeypatch.setattr(editing_views, "render_markdown", fail)
    shown = text_of(editor.post(url("preview"), typed(content="KEPT")))
    assert "It can still be saved" in shown
    assert "KEPT" in shown
    assert editor.post(url("article_new"), typed(content="KEPT")).status_code == 302


def test_a_preview_that_found_no_renderer_free_does_not_blame_the_text(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise rendering.RenderUnavailable("no child is free")

    monkeypatch.setattr(editing_views, "render_markdown", fail)
    assert "Try again" in text_of(editor.post(url("preview"), typed()))


def test_a_preview_after_signing_out_says_so_instead_of_showing_another_page(
    client: Client, workspace: Workspace
) -> None:
    response = client.post(url("preview"), typed(), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "signed out" in text_of(response)
