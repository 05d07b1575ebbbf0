"""Imports and the export in the browser's eyes: forms, progress, report, download."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.models import User
from knowledge.article_page import article_page
from knowledge.models import Article, ImportJob, Role, Workspace
from knowledge.transfer import export_parts, import_thread
from knowledge.workspaces import archive_workspace
from tests.knowledge.html_check import article_problems
from tests.knowledge.transfer.zips import zip_of

IMPORTS = "/w/team/imports/"
DOWNLOAD = "/w/team/export/download"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def editor(client: Client, workspace: Workspace, make_user: Callable[..., User]) -> Client:
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    return client


def work() -> None:
    while import_thread.run_next("test", threading.Event()):
        pass


def upload(client: Client, **files: str | bytes) -> HttpResponse:
    given = [
        SimpleUploadedFile(
            name.replace("__", "."), text if isinstance(text, bytes) else text.encode()
        )
        for name, text in files.items()
    ]
    return client.post(IMPORTS, {"upload": given})  # type: ignore[return-value]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def job_page() -> str:
    return reverse("knowledge:import_job", args=["team", ImportJob.objects.get().pk])


def test_an_import_goes_from_the_form_to_the_report(editor: Client) -> None:
    assert upload(editor, a__md="# A", b__md=b"\xff")["Location"] == job_page()
    waiting = editor.get(job_page())
    assert b"Waiting for the worker" in waiting.content
    assert b">Refresh</a>" in waiting.content
    work()
    ready = editor.get(job_page()).content.decode()
    assert "this is what would happen" in ready
    assert "It is not UTF-8 (byte 1)." in ready
    editor.post(f"{job_page()}/confirm", {"visibility": "members", "publish": "published"})
    work()
    done = editor.get(job_page()).content.decode()
    assert "New articles are published" in done
    assert f'href="{Article.objects.get().get_absolute_url()}"' in done
    assert "2 files: a.md, b.md" in editor.get(IMPORTS).content.decode()


def test_htmx_is_told_how_far_it_is_and_to_reload_at_the_end(editor: Client) -> None:
    upload(editor, a__md="A")
    progress = editor.get(job_page(), headers=HTMX)
    assert progress.content.decode().strip().startswith("<section")
    work()
    assert editor.get(job_page(), headers=HTMX)["HX-Refresh"] == "true"


def test_what_cannot_be_imported_is_said_on_the_form(editor: Client) -> None:
    assert b"None of these files can be imported" in upload(editor, a__exe=b"MZ").content
    assert b"one of the two" in editor.post(IMPORTS, {}).content
    assert b"http://" in editor.post(IMPORTS, {"url": "file:///etc/passwd"}).content
    assert ImportJob.objects.count() == 0


def test_an_import_is_discarded_after_the_check(editor: Client) -> None:
    upload(editor, a__md="A")
    work()
    editor.post(f"{job_page()}/cancel")
    assert b"Nothing was imported" in editor.get(job_page()).content
    confirmed = editor.post(
        f"{job_page()}/confirm", {"visibility": "members", "publish": "draft"}, follow=True
    )
    assert b"was confirmed or cancelled before" in confirmed.content


@pytest.mark.parametrize("how", [{}, {"visibility": "all"}, {"visibility": "public"}])
def test_confirming_needs_an_answer_to_both_questions(editor: Client, how: dict[str, str]) -> None:
    upload(editor, a__md="A")
    work()
    assert b"errorlist" in editor.post(f"{job_page()}/confirm", how).content
    assert ImportJob.objects.get().state == ImportJob.State.READY


def test_t5_an_import_of_another_workspace_is_not_there(
    editor: Client, make_workspace: Callable[..., Workspace], make_user: Callable[..., User]
) -> None:
    other = make_workspace("other")
    theirs = ImportJob.objects.create(workspace=other, author=make_user("eve"), name="Theirs")
    for action in ("", "/confirm", "/cancel"):
        address = f"{IMPORTS}{theirs.pk}{action}"
        answer = editor.post(address) if action else editor.get(address)
        assert answer.status_code == 404
    assert editor.get(f"{IMPORTS}nonsense").status_code == 404


def test_t5_viewers_neither_import_nor_export(
    client: Client, workspace: Workspace, make_user: Callable[..., User]
) -> None:
    client.force_login(make_user("vic", workspace=workspace, role=Role.VIEWER))
    for address in (IMPORTS, "/w/team/export", "/w/team/export/download"):
        assert client.get(address).status_code == 404


def test_x1_file_names_and_their_texts_are_shown_as_text(editor: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    archive = zip_of(
        {f"{hostile}.md": hostile, f"{hostile}.html": "<svg/onload=alert(1)>", "\u202ea.md": ""}
    )
    upload(editor, **{f"{hostile}__zip": archive})
    work()
    for address in (job_page(), IMPORTS):
        content = editor.get(address).content.decode()
        assert "<img" not in content
        assert "\u202e" not in content


def test_x1_what_was_imported_renders_safe(
    editor: Client, shared_data: Callable[[str], Path]
) -> None:
    lines = (shared_data("xss") / "payloadbox.jsonl").read_text().splitlines()[:400]
    payloads = [json.loads(line)["text"] for line in lines]
    page = "<body>" + "\n".join(f"<p>{payload}</p>" for payload in payloads)
    markdown = "---\ntitle: <script>x</script>\n---\n" + "\n\n".join(payloads)
    upload(editor, a__html=page, b__md=markdown)
    work()
    editor.post(f"{job_page()}/confirm", {"visibility": "members", "publish": "draft"})
    work()
    rendered = [article_page(article) for article in Article.objects.all()]
    assert [page.plain for page in rendered] == [False, False]
    assert [article_problems(page.html) for page in rendered] == [[], []]


def test_the_export_says_how_much_it_is_and_where_it_is(
    editor: Client, make_article: Callable[..., Article]
) -> None:
    make_article()
    shown = editor.get("/w/team/export").content.decode()
    assert "1 article as Markdown files" in shown
    assert 'href="/w/team/export/download"' in shown


async def read(client: AsyncClient, address: str = DOWNLOAD) -> tuple[bytes, str]:
    response = await client.get(address)
    pieces = [piece async for piece in response]  # type: ignore[attr-defined]
    return b"".join(pieces), response["Content-Length"]


def test_the_download_is_a_zip_of_the_articles(
    workspace: Workspace, make_article: Callable[..., Article], make_user: Callable[..., User]
) -> None:
    make_article()
    client = AsyncClient()
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    data, length = async_to_sync(read)(client)
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["ports.md"]
    assert int(length) == len(data)


def test_an_export_in_parts_has_a_link_for_each(
    workspace: Workspace,
    make_article: Callable[..., Article],
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_parts, "MAX_FILES", 1)
    make_article("A")
    make_article("B")
    client = AsyncClient()
    client.force_login(make_user(workspace=workspace, role=Role.EDITOR))
    shown = async_to_sync(client.get)("/w/team/export").content.decode()
    assert "in 2 zips" in shown
    links = [unescape(link) for link in re.findall(rf'href="({DOWNLOAD}[^"]*)"', shown)]
    zips = [zipfile.ZipFile(io.BytesIO(async_to_sync(read)(client, link)[0])) for link in links]
    assert [archive.namelist() for archive in zips] == [["a.md"], ["b.md"]]
    assert async_to_sync(client.get)(f"{DOWNLOAD}?after=$ne").status_code == 404


def test_an_archived_workspace_is_exported_but_not_imported_to(
    editor: Client, workspace: Workspace
) -> None:
    archive_workspace(workspace)
    assert editor.get("/w/team/export").status_code == 200
    assert editor.get(IMPORTS).status_code == 404
