"""The preview: the article page's HTML, beside the text or within the form."""

import re
from typing import Any

import pytest
from django.test import Client

from knowledge import rendering
from knowledge.models import Article, Workspace
from knowledge.views import form_page
from tests.knowledge.editor_pages.pages import MakeArticle, text_of, typed, url


def test_the_preview_is_what_the_article_page_shows(
    editor: Client, make_article: MakeArticle
) -> None:
    content = "# Ports\n\n## Which\n\n| a |\n|---|\n| **1** |\n\n`code` <script>x</script>\n"
    article = make_article(title="Ports", content=content)
    page = text_of(editor.get(url("article", article.slug)))
    preview = editor.post(url("preview"), typed(content=content), headers={"HX-Request": "true"})
    assert re.sub(r' data-line="\d+"', "", str(preview.context["preview"])) in page
    assert "<strong>1</strong>" in text_of(preview)


def test_without_javascript_the_preview_comes_in_the_form_as_typed(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    given = typed(content="Now **bold**", tags="kept", key=str(article.pk), seen="1")
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

    monkeypatch.setattr(form_page, "render_preview", fail)
    shown = text_of(editor.post(url("preview"), typed(content="KEPT")))
    assert "It can still be saved" in shown
    assert "KEPT" in shown
    assert editor.post(url("article_new"), typed(content="KEPT")).status_code == 302


def test_a_preview_that_found_no_renderer_free_does_not_blame_the_text(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise rendering.RenderUnavailable("no child is free")

    monkeypatch.setattr(form_page, "render_preview", fail)
    assert "Try again" in text_of(editor.post(url("preview"), typed()))


def test_a_preview_after_signing_out_says_so_instead_of_showing_another_page(
    client: Client, workspace: Workspace
) -> None:
    response = client.post(url("preview"), typed(), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "signed out" in text_of(response)


def test_relative_links_and_pictures_work_from_the_editors_address(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article()
    content = "[next](other#port) ![p](../images/a.png) [root](/w/) [here](#s) [out](../../../../x)"
    given = typed(content=content, key=str(article.pk))
    shown = text_of(editor.post(url("preview"), given, headers={"HX-Request": "true"}))
    for expected in (
        'href="/w/team/a/other#s-port"',
        'src="/w/team/images/a.png"',
        'href="/w/"',
        'href="#s-s"',
        'href="/x"',
    ):
        assert expected in shown


def test_the_outline_counts_passages_and_warns_of_what_is_hard_to_find(editor: Client) -> None:
    twice = "## Twice\n\na\n\n"
    content = f"Intro.\n\n## Long\n\n{'Words here. ' * 300}\n\n## Empty\n\n{twice}{twice}"
    preview = editor.post(url("preview"), typed(content=content), headers={"HX-Request": "true"})
    outline = preview.context["outline"]
    assert [(s.text, len(s.sizes), s.empty, s.repeated) for s in outline.listed] == [
        ("", 1, False, False),
        ("Long", 3, False, False),
        ("Empty", 1, True, False),
        ("Twice", 1, False, True),
        ("Twice", 1, False, True),
    ]
    shown = text_of(preview)
    assert "7 passages in 5 sections" in shown
    assert "split into 3" in shown


def test_x3_the_lines_in_a_preview_are_numbers_of_the_renderer_alone(editor: Client) -> None:
    content = '<p data-line="1" hx-get="/">x</p>\n\nSecond'
    shown = text_of(
        editor.post(url("preview"), typed(content=content), headers={"HX-Request": "true"})
    )
    assert '<p data-line="2">Second</p>' in shown
    assert '<p data-line="1"' not in shown
