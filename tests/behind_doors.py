"""One of each thing that an address of a workspace can name; and the database as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from kbsite import mongo
from kbsite.documents import Document
from knowledge.answers import opening
from knowledge.authoring.bulk import Action, Change, Seen, act_on_articles
from knowledge.authoring.image_addresses import image_ids
from knowledge.browsing.problem_reports import report_problem
from knowledge.models import Article, ImportJob, Invitation, Role
from knowledge.people.invitations import invite
from knowledge.transfer.jobs import create_job
from knowledge.worker import Worker
from tests.addresses import address
from tests.conftest import filled_collections
from tests.fakes.embedder import WordEmbedder
from tests.knowledge.conftest import passage, retrieval

Kept = dict[str, list[Document]]


def made_behind(article: Article, boss: User) -> dict[str, str]:
    """The values of an address's parameters, each of something that there is; `boss` made it."""
    workspace = article.workspace
    invite(workspace=workspace, email="new@example.org", role=Role.EDITOR, by=boss)
    report = report_problem(article, kind="wrong", note="It is.", reporter=boss, key=str(boss.pk))
    (image,) = image_ids(article.content)
    return {
        "article": article.slug,
        "member": str(User.objects.get(username="viewer").pk),
        "invitation": str(Invitation.objects.get().pk),
        "report": str(report.pk),
        "job": str(_checked_import(article, boss).pk),
        "image": str(image),
        "answer": str(_answer_from(article)),
    }


def something_to_undo(article: Article, by: User) -> str:
    """What somebody did with several articles: nobody else can take it back."""
    chosen, tagging = [Seen(article.pk, article.version)], Change(Action.TAG, "red")
    return str(act_on_articles(chosen, tagging, workspace=article.workspace, user=by).pk)


def _answer_from(article: Article) -> Any:
    """An answer that a visitor got, from the article's own chunk."""
    list(Worker(embedder=WordEmbedder()).drain())
    (chunk,) = mongo.chunks().distinct("_id", {"article_id": article.pk})
    found = retrieval("strong", (replace(passage(1, article), chunk_id=chunk),))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "retrieve", lambda **_: found)
        Client().get(address("knowledge:search", "team"), {"q": "Who sings?"})
    (answer,) = mongo.answers().distinct("_id")
    return answer


def _checked_import(article: Article, by: User) -> ImportJob:
    file = SimpleUploadedFile("new.md", b"# New\n\nText.\n")
    job = create_job(workspace=article.workspace, author=by, files=[file])
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.READY)
    return job


@contextmanager
def as_it_was() -> Iterator[None]:
    """Undo whatever the block writes, so that each answer is about the same data."""
    before = stored()
    yield
    after = stored()
    for name in changed(before, after):
        mongo.database()[name].delete_many({})
        if name in before:
            mongo.database()[name].insert_many(before[name])


def changed(before: Kept, after: Kept) -> set[str]:
    """The collections that are not as they were."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def stored() -> Kept:
    """All that there is, by collection."""
    return {name: list(mongo.database()[name].find()) for name in filled_collections()}
