"""What the article form accepts, cleans and refuses; what a tag or a line may hold."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from knowledge.forms import ArticleForm, LinesField
from knowledge.metadata import clean_content, clean_line, clean_tags
from knowledge.models import Article, Visibility, Workspace


def form(workspace: Workspace, article: Article | None = None, /, **typed: str) -> ArticleForm:
    data = {"title": "Ports", "visibility": "public", **typed}
    return ArticleForm(data, workspace=workspace, article=article)


def changes(workspace: Workspace, /, **typed: str) -> dict[str, Any]:
    bound = form(workspace, **typed)
    assert bound.is_valid(), bound.errors
    return bound.changes()


def test_tags_keep_their_case_and_lose_doubles() -> None:
    assert clean_tags(["  Net work ,net  WORK,, Ports"]) == ["Net work", "Ports"]


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("x" * 41, "at most 40"),
        (",".join(map(str, range(21))), "at most 20"),
        ("a\x00", "U\\+0000"),
    ],
)
def test_tags_that_are_too_long_too_many_or_invisible_are_refused(tags: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        clean_tags([tags])


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\ud800"])
def test_x1_a_line_refuses_characters_that_nobody_sees(character: str) -> None:
    with pytest.raises(ValidationError, match=f"U\\+{ord(character):04X}"):
        clean_line(f"a{character}b", max_chars=10)


@pytest.mark.parametrize("text", ["日本語 タグ", "naïve café", "ZWJ 👩\u200d💻", "<b>&amp;</b>"])
def test_a_line_keeps_what_people_write(text: str) -> None:
    assert clean_line(f"  {text}\n", max_chars=40) == text


@given(st.text())
def test_cleaning_a_line_twice_changes_nothing(text: str) -> None:
    try:
        once = clean_line(text, max_chars=100)
    except ValidationError:
        return
    assert clean_line(once, max_chars=100) == once
    assert "\n" not in once


@given(st.lists(st.text(max_size=30), max_size=8))
def test_tags_come_back_from_the_form_as_they_were_stored(tags: list[str]) -> None:
    try:
        stored = clean_tags(tags)
    except ValidationError:
        return
    assert clean_tags([", ".join(stored)]) == stored


@given(st.text(alphabet="a\r\n "))
def test_content_ends_its_lines_with_lf_and_keeps_everything_else(text: str) -> None:
    assert clean_content(text).split("\n") == text.replace("\r\n", "\n").replace("\r", "\n").split(
        "\n"
    )


@pytest.mark.parametrize("character", ["\x00", "\udfff"])
def test_content_names_the_line_of_what_cannot_be_stored(character: str) -> None:
    with pytest.raises(ValidationError, match="line 3"):
        clean_content(f"one\r\ntwo\r\n{character}")


def test_content_keeps_its_indent_and_its_end(workspace: Workspace) -> None:
    assert changes(workspace, content="    code\r\n\r\n")["content"] == "    code\n\n"


def test_content_over_the_limit_is_refused_with_both_numbers(
    workspace: Workspace, settings: LazySettings
) -> None:
    settings.ARTICLE_MAX_CHARS = 1000
    errors = form(workspace, content="x" * 1001).errors["content"]
    assert "1,001" in errors[0]
    assert "1,000" in errors[0]


def test_every_error_is_said_at_once(workspace: Workspace) -> None:
    bound = form(workspace, title=" ", tags="x" * 41, slug="not a slug", visibility="world")
    assert set(bound.errors) == {"title", "tags", "slug", "visibility"}


def test_c1_values_that_look_like_queries_are_text(workspace: Workspace) -> None:
    given = changes(workspace, title='{"$gt": ""}', tags="$where, {$ne: 1}")
    assert (given["title"], given["tags"]) == ('{"$gt": ""}', ["$where", "{$ne: 1}"])


def test_an_address_is_lower_case_and_stays_when_left_empty(workspace: Workspace) -> None:
    assert changes(workspace, slug="Ports")["slug"] == "ports"
    assert "slug" not in changes(workspace, slug="")


def test_an_address_of_another_article_is_refused_and_ones_own_is_not(
    workspace: Workspace, make_article: Callable[..., Article]
) -> None:
    article = make_article(slug="mine")
    assert "slug" in form(workspace, slug="mine").errors
    assert form(workspace, article, slug="mine").is_valid()


def test_the_same_address_in_another_workspace_is_free(
    make_article: Callable[..., Article],
) -> None:
    make_article(slug="ports")
    other = Workspace.objects.create(slug="other", name="Other")
    assert form(other, slug="ports").is_valid()


def test_a_new_article_starts_as_open_as_its_workspace(workspace: Workspace) -> None:
    assert ArticleForm(workspace=workspace)["visibility"].value() == Visibility.PUBLIC


def test_only_what_an_editor_may_set_is_read(workspace: Workspace) -> None:
    extra = {"workspace": "b", "author": "x", "status": "trashed", "revision": "9", "pk": "1"}
    assert set(changes(workspace, **extra)) == {
        "title",
        "content",
        "summary",
        "tags",
        "category",
        "visibility",
    }


def test_lines_are_a_list_without_empty_ones() -> None:
    field = LinesField(max_line=10, required=False)
    assert field.clean("How?\r\n\r\n  Why, so? ") == ["How?", "Why, so?"]
    assert field.prepare_value(["a", "b"]) == "a\nb"
    with pytest.raises(ValidationError):
        field.clean("x" * 11)
