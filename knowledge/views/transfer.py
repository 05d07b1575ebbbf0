"""Imports in the browser: choose, look at what would happen, confirm, watch; and the export.

Thin: what a job is and does is `transfer/jobs`; the worker does the work. Everything here is
for those who may write in the workspace.
"""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator
from typing import IO, Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from knowledge.models import ImportJob, Workspace
from knowledge.transfer import jobs
from knowledge.transfer.export_parts import parts_of
from knowledge.transfer.exporting import write_zip
from knowledge.transfer.forms import ConfirmForm, NewImportForm, PartForm
from knowledge.transfer.reports import report_of
from knowledge.views.doors import MemberRequest, for_editors, for_writers

EXPORTS_AT_ONCE: Final = 2
PIECE_BYTES: Final = 256 * 1024
_exports: Final = threading.BoundedSemaphore(EXPORTS_AT_ONCE)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def imports(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What was imported lately, and a form for more."""
    posted = request.method == "POST"
    form = NewImportForm(request.POST, request.FILES) if posted else NewImportForm()
    if form.is_valid():
        try:
            job = jobs.create_job(
                workspace=workspace,
                author=request.user,
                files=form.cleaned_data["upload"],
                url=form.cleaned_data["url"],
            )
            return redirect("knowledge:import_job", workspace.slug, job.pk)
        except jobs.CannotImport as error:
            form.add_error(None, str(error))
    context = {
        "workspace": workspace,
        "place": "articles",
        "form": form,
        "jobs": jobs.recent_jobs(workspace),
    }
    return render(request, "knowledge/transfer/imports.html", context)


@require_safe
@for_editors
def import_job(request: MemberRequest, workspace: Workspace, job: str) -> HttpResponse:
    """One import: how far it is, what it would do or did.

    For htmx, which asks while it works, the progress; and at the end the whole page anew.
    """
    found = _found(workspace, job)
    if request.htmx and found.state not in jobs.WITH_THE_WORKER:
        return HttpResponseClientRefresh()
    return _job_page(request, found)


@require_POST
@for_editors
def import_confirm(request: MemberRequest, workspace: Workspace, job: str) -> HttpResponse:
    """Let the worker import what it checked."""
    found = _found(workspace, job)
    form = ConfirmForm(request.POST, workspace=workspace)
    if not form.is_valid():
        return _job_page(request, found, form=form)
    try:
        jobs.confirm(found, **form.cleaned_data)
    except jobs.NotReady:
        messages.warning(request, "This import was confirmed or cancelled before.")
    return redirect("knowledge:import_job", workspace.slug, found.pk)


@require_POST
@for_editors
def import_cancel(request: MemberRequest, workspace: Workspace, job: str) -> HttpResponse:
    """End the import; what it imported by then stays."""
    found = _found(workspace, job)
    jobs.cancel(found)
    return redirect("knowledge:import_job", workspace.slug, found.pk)


@require_safe
@for_writers
def export(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """What the download holds, and its link, or one for each part."""
    context = {
        "workspace": workspace,
        "place": "articles",
        "parts": (parts := parts_of(workspace, request.rights.scope)),
        "articles": sum(part.articles for part in parts),
        "size": sum(part.size for part in parts),
        "pictures": any(part.pictures for part in parts),
    }
    return render(request, "knowledge/transfer/export.html", context)


@require_safe
@for_writers
def export_download(request: MemberRequest, workspace: Workspace) -> HttpResponseBase:
    """The zip: written to a file first, since only then its length is known, and then sent."""
    form = PartForm(request.GET)
    if not form.is_valid():
        raise Http404("no such part")
    part, after, until = (form.cleaned_data[name] for name in ("part", "after", "until"))
    if not _exports.acquire(blocking=False):
        messages.warning(request, "Others are being exported just now. Try again in a moment.")
        return redirect("knowledge:export", workspace.slug)
    file = tempfile.TemporaryFile()  # noqa: SIM115 closed when it is sent
    try:
        write_zip(workspace, request.rights.scope, file, after=after, until=until)
    except BaseException:
        file.close()
        raise
    finally:
        _exports.release()
    return _download(file, f"{workspace.slug}-{part}.zip" if part else f"{workspace.slug}.zip")


def _download(file: IO[bytes], name: str) -> StreamingHttpResponse:
    length = file.tell()
    file.seek(0)
    response = StreamingHttpResponse(_pieces(file), content_type="application/zip")
    response.headers["Content-Length"] = str(length)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


def _found(workspace: Workspace, job_id: str) -> ImportJob:
    job = jobs.job_of(workspace, job_id)
    if job is None:
        raise Http404("no such import")
    job.workspace = workspace
    return job


def _job_page(
    request: MemberRequest, job: ImportJob, *, form: ConfirmForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "workspace": job.workspace,
        "place": "articles",
        "job": job,
        "report": report_of(job),
        "form": form or ConfirmForm(workspace=job.workspace),
    }
    template = "knowledge/transfer/" + ("_progress.html" if request.htmx else "job.html")
    return render(request, template, context)
