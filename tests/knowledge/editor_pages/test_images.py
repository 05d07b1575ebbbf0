"""Pictures in articles: taken in anew, once each, and shown to whoever may read the article."""

import io
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from kbsite import mongo
from knowledge.editing import unpublish_article
from knowledge.models import Article, Role, Visibility, Workspace
from tests.knowledge.editor_pages.pages import MakeArticle, MakeUser, text_of, typed, url
from tests.knowledge.pictures import picture


def upload(client: Client, data: bytes, name: str = "cat.png", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/png")
    return client.post(url("image_new"), {"picture": file, **fields})


def markdown_of(client: Client, data: bytes | None = None, name: str = "cat.png") -> str:
    return str(upload(client, data or picture(), name).json()["markdown"])


def address_of(markdown: str) -> str:
    return url("image", *markdown.rpartition("/")[2].rstrip(")").split("."))


def test_an_uploaded_picture_is_shown_as_what_it_is(editor: Client) -> None:
    markdown = markdown_of(editor, picture("WEBP"), "my [cat]_(1).PNG")
    assert markdown.startswith("![my cat (1)](../images/")
    shown = editor.get(address_of(markdown))
    assert shown["Content-Type"] == "image/webp"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["Content-Disposition"] == "inline"
    assert Image.open(io.BytesIO(shown.content)).size == (60, 40)


def test_a_picture_that_a_browser_has_is_not_sent_again(editor: Client) -> None:
    address = address_of(markdown_of(editor))
    first = editor.get(address)
    again = editor.get(address, headers={"If-None-Match": first["ETag"]})
    assert "private" in first["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")


def test_equal_pictures_of_a_workspace_are_stored_once(editor: Client, make_workspace: Any) -> None:
    first = markdown_of(editor)
    assert markdown_of(editor, picture(comment="another file")) == first
    assert mongo.image_files().count_documents({}) == 1


def test_u2_what_is_no_picture_is_refused_with_the_reason(
    editor: Client, settings: LazySettings
) -> None:
    settings.IMAGE_MAX_BYTES = 10_000
    reasons = {
        b"<svg xmlns='http://www.w3.org/2000/svg'/>": "SVG",
        b"x" * 10_001: "too large",
        b"just words": "PNG, JPEG, GIF or WebP",
        picture()[:60]: "damaged",
    }
    for data, reason in reasons.items():
        refused = upload(editor, data)
        assert refused.status_code == 400
        assert reason in refused.json()["problem"]
    assert editor.post(url("image_new")).status_code == 400
    assert mongo.image_files().count_documents({}) == 0


def test_x1_a_file_name_never_becomes_markup(editor: Client) -> None:
    name = '"><img src=x onerror=alert(1)>](javascript:alert(2)) ![.png'
    markdown = markdown_of(editor, name=name)
    given = typed(content=markdown)
    shown = editor.post(url("preview"), given, headers={"HX-Request": "true"}).context["preview"]
    assert shown.count("<img") == 1
    assert "<a" not in shown
    assert 'onerror="' not in shown


def test_without_javascript_the_picture_comes_into_the_form_as_typed(
    editor: Client, make_article: MakeArticle
) -> None:
    article = make_article(content="Stored")
    given = typed(content="TYPED", tags="kept", key=str(article.pk), seen="1")
    response = upload(editor, picture(), **given)
    form = response.context["form"]
    assert form.data["content"].startswith("TYPED\n\n![cat](../images/")
    assert f'action="{url("article_edit", article.slug)}"' in text_of(response)
    refused = upload(editor, b"<svg/>", **given)
    assert refused.status_code == 400
    assert "TYPED" in text_of(refused)
    assert "SVG drawings are not accepted" in text_of(refused)
    assert Article.objects.get().version == 1


@pytest.mark.parametrize("who", ["visitor", "outsider", "viewer", "editor"])
@pytest.mark.parametrize("visibility", ["public", "members", "private", "draft", "unused"])
def test_t5_a_picture_is_seen_by_those_who_may_read_an_article_with_it(
    editor: Client,
    workspace: Workspace,
    make_user: MakeUser,
    make_article: MakeArticle,
    who: str,
    visibility: str,
) -> None:
    markdown = markdown_of(editor)
    shown = visibility in Visibility.values
    article = make_article(
        content=markdown if visibility != "unused" else "none",
        visibility=visibility if shown else "public",
    )
    if visibility == "draft":
        unpublish_article(article, seen=1, author=None)
    client = Client()
    if who != "visitor":
        role = Role(who) if who in Role.values else None
        client.force_login(make_user("eve", workspace=workspace, role=role))
    everybody = {"visitor", "outsider", "viewer", "editor"}
    sees = {"public": everybody, "members": {"viewer", "editor"}}
    expected = who in sees.get(visibility, {"editor"})
    assert client.get(address_of(markdown)).status_code == (200 if expected else 404)


def test_t5_a_picture_has_its_own_workspaces_address_alone(
    editor: Client, make_workspace: Any, make_article: MakeArticle
) -> None:
    theirs = make_workspace("theirs")
    markdown = markdown_of(editor)
    other = make_article(workspace=theirs, content=markdown, visibility="public")
    Workspace.objects.filter(pk=theirs.pk).update(visibility="public")
    address = address_of(markdown).replace("/team/", "/theirs/")
    assert other.image_ids
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    "name", ["x.png", f"{'0' * 24}.png", f"{'z' * 24}.png", "000000000000.png"]
)
def test_no_picture_is_no_page(editor: Client, name: str) -> None:
    image, extension = name.split(".")
    assert editor.get(url("image", image, extension)).status_code == 404


def test_a_picture_answers_to_its_own_extension_only(editor: Client) -> None:
    address = address_of(markdown_of(editor))
    assert editor.get(address.replace(".png", ".jpg")).status_code == 404
