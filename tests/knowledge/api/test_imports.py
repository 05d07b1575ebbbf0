"""Imports over the API: begun, watched, confirmed, cancelled. What they do is `transfer`'s."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import MULTIPART_CONTENT
from pytest_django import Settings

from knowledge.models import ImportJob, Workspace
from tests.knowledge.api.client import TEAM, Api, problem_of

IMPORTS = f"{TEAM}/imports/"


def upload(api: Api, *names: str, text: bytes = b"# Ports\n") -> Any:
    return api.client.post(IMPORTS, {"files": [SimpleUploadedFile(name, text) for name in names]})


@pytest.fixture
def ready(workspace: Workspace) -> ImportJob:
    """An import that was checked: it would create 25 articles."""
    entries = [{"path": f"{n}.md", "outcome": "create", "title": f"T{n}"} for n in range(25)]
    return ImportJob.objects.create(
        workspace=workspace, name="a.zip", state="ready", entries=entries, total=25
    )


def test_files_are_accepted_to_be_checked(editor: Api) -> None:
    response = upload(editor, "a.md", "b.md")
    assert response.status_code == 202
    job = response.json()
    assert (job["state"], job["name"]) == ("checking", "2 files: a.md, b.md")
    assert response.headers["Location"] == f"{IMPORTS}{job['id']}"
    assert editor("GET", f"/imports/{job['id']}").json() == job
    assert editor("GET", "/imports/").json()["items"] == [job]
    stored = ImportJob.objects.get()
    assert stored.author is not None
    assert (stored.author.username, bool(stored.upload_id)) == ("ann", True)


def test_a_page_is_accepted_by_its_address(editor: Api) -> None:
    response = editor("POST", "/imports/", {"url": "https://docs.example.org/guide"})
    assert (response.status_code, response.json()["state"]) == (202, "checking")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "", 7, ["a"], "x"])
def test_u1_an_address_that_may_not_be_fetched_is_refused(editor: Api, url: Any) -> None:
    response = editor("POST", "/imports/", {"url": url})
    assert problem_of(response, 400)["errors"].keys() == {"url"}
    assert not ImportJob.objects.exists()


def test_what_cannot_be_imported_is_refused_with_its_reason(editor: Api) -> None:
    [sentence] = problem_of(upload(editor, "a.exe"), 400)["errors"]["files"]
    assert sentence.startswith("None of these files can be imported.")
    problem_of(editor.client.post(IMPORTS, {"nothing": "x"}), 400)
    problem_of(editor("POST", "/imports/", {}), 400)


def test_c1_a_broken_form_is_a_problem(editor: Api) -> None:
    problem_of(editor("POST", "/imports/", b"x", content_type="multipart/form-data"), 400)
    problem_of(editor("POST", "/imports/", b"x", content_type=MULTIPART_CONTENT), 400)


def test_u2_an_upload_that_is_too_large_is_a_problem(editor: Api, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    problem_of(upload(editor, "a.md", text=b"x" * 3000), 413)
    assert not ImportJob.objects.exists()


def test_what_becomes_of_each_file_is_listed_in_pages(editor: Api, ready: ImportJob) -> None:
    first = editor("GET", f"/imports/{ready.pk}/entries/").json()
    assert len(first["items"]) == 20
    assert first["items"][0] == {
        "path": "0.md",
        "outcome": "create",
        "title": "T0",
        "reason": "",
        "article": "",
    }
    parameters = {"cursor": first["next_cursor"]}
    second = editor("GET", f"/imports/{ready.pk}/entries/", query_params=parameters).json()
    assert (len(second["items"]), second["next_cursor"]) == (5, None)


def test_confirming_lets_the_worker_go_on_once(editor: Api, ready: ImportJob) -> None:
    body = {"publish": True, "visibility": "private", "state": "done", "workspace": "other"}
    response = editor("POST", f"/imports/{ready.pk}/confirm", body)
    assert (response.status_code, response.json()["state"]) == (202, "importing")
    ready.refresh_from_db()
    assert (ready.publish, ready.visibility) == (True, "private")
    again = problem_of(editor("POST", f"/imports/{ready.pk}/confirm", {}), 409)
    assert "version" not in again


def test_c1_a_confirmation_takes_words_it_knows_only(editor: Api, ready: ImportJob) -> None:
    operator = {"$ne": ""}
    wrong: tuple[Any, ...] = ({"visibility": operator}, {"publish": operator}, {"visibility": "x"})
    for body in wrong:
        problem_of(editor("POST", f"/imports/{ready.pk}/confirm", body), 400)


def test_an_import_is_cancelled(editor: Api, ready: ImportJob) -> None:
    response = editor("POST", f"/imports/{ready.pk}/cancel")
    assert (response.status_code, response.json()["state"]) == (202, "cancelled")
    problem_of(editor("POST", f"/imports/{ready.pk}/confirm", {}), 409)
