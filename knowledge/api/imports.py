"""The API: imports, which say first what they would do. The work is `transfer/jobs`."""

from typing import Any, Final

from django.http import Http404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from kbsite.api.fields import TextField, WordField
from kbsite.api.operation import OF_A_BODY, OF_A_WRITE, operation
from kbsite.api.parsers import BoundedJSONParser, BoundedMultiPartParser
from knowledge.api.doors import WorkspaceDoor
from knowledge.api.listing import Page, Paging, asked_place
from knowledge.api.problems import WrongState
from knowledge.models import ImportJob, Visibility
from knowledge.transfer import jobs

TAG: Final = "imports"
MAX_URL: Final = 2000
NOT_READY: Final = "This import is not waiting to be confirmed; nothing was changed."


class JobData(serializers.Serializer[ImportJob]):
    """An import."""

    id = serializers.CharField(source="pk")
    name = serializers.CharField()
    state = serializers.ChoiceField(
        choices=ImportJob.State.choices,
        help_text="`ready`: its entries say what would happen; nothing does until confirmed.",
    )
    done = serializers.IntegerField(help_text="Files so far, of `total`.")
    total = serializers.IntegerField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many entries have which outcome."
    )
    error = serializers.CharField(help_text="Why it failed, where it has.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class JobList(serializers.Serializer[Any]):
    """The newest imports first."""

    items = JobData(many=True)


class EntryData(serializers.Serializer[Any]):
    """What becomes of one file."""

    path = serializers.CharField()
    outcome = serializers.CharField()
    title = serializers.CharField(default="")
    reason = serializers.CharField(default="", help_text="Why it is skipped or refused.")
    article = serializers.CharField(default="", help_text="The slug, once there is an article.")


class EntryPage(Page):
    """Some of what becomes of the files."""

    items = EntryData(many=True)


class AddressInput(serializers.Serializer[dict[str, Any]]):
    """A page of the open internet to import."""

    url = TextField(max_length=MAX_URL)


class FilesInput(serializers.Serializer[dict[str, Any]]):
    """One zip of a folder, or any number of other files."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True))


class ConfirmInput(serializers.Serializer[dict[str, Any]]):
    """What the new articles are to be; those that exist already keep both."""

    visibility = WordField(
        choices=Visibility.choices, required=False, help_text="Else as the workspace."
    )
    publish = serializers.BooleanField(default=False, help_text="Else they are drafts.")


class ImportDoor(WorkspaceDoor):
    """Imports are for those who write."""

    for_readers = ()

    def job(self, job: str) -> ImportJob:
        found = jobs.job_of(self.workspace, job)
        if found is None:
            raise Http404
        return found


class ImportsView(ImportDoor):
    """The imports of a workspace."""

    parser_classes = [BoundedJSONParser, BoundedMultiPartParser]

    @operation(
        "list_imports",
        "List imports",
        tag=TAG,
        scope="read",
        returns={200: JobList},
        refusals=[401, 403, 404],
    )
    def get(self, request: Request, workspace: str) -> Response:
        """The newest imports of the workspace."""
        return Response(JobList({"items": jobs.recent_jobs(self.workspace)}).data)

    @operation(
        "create_import",
        "Begin an import",
        tag=TAG,
        scope="write",
        body={"multipart/form-data": FilesInput, "application/json": AddressInput},
        returns={202: JobData},
        refusals=[*OF_A_WRITE, *OF_A_BODY, 404],
    )
    def post(self, request: Request, workspace: str) -> Response:
        """Files, or the address of a page. They are checked first: nothing is imported yet."""
        multipart = request.content_type.startswith("multipart/")
        files = {"files": request.FILES.getlist("files")}
        sent = FilesInput(data=files) if multipart else AddressInput(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            job = jobs.create_job(
                workspace=self.workspace, author=self.person, **sent.validated_data
            )
        except jobs.CannotImport as error:
            raise ValidationError({name: [str(error)] for name in sent.validated_data}) from None
        job.refresh_from_db()  # its times as they are stored
        location = reverse("api:import", args=[self.workspace.slug, job.pk])
        return Response(JobData(job).data, status=202, headers={"Location": location})


class ImportView(ImportDoor):
    """One import."""

    @operation(
        "read_import",
        "Watch an import",
        tag=TAG,
        scope="read",
        returns={200: JobData},
        refusals=[401, 403, 404],
    )
    def get(self, request: Request, workspace: str, job: str) -> Response:
        """How far it is. Ask again after a second or more until `state` is what you wait for."""
        return Response(JobData(self.job(job)).data)


class EntriesView(ImportDoor):
    """What an import does with each file."""

    @operation(
        "list_import_entries",
        "List what becomes of each file",
        tag=TAG,
        scope="read",
        returns={200: EntryPage},
        parameters=[Paging],
        refusals=[400, 401, 403, 404],
    )
    def get(self, request: Request, workspace: str, job: str) -> Response:
        """One entry for each file: before it is confirmed, what would happen; then what did."""
        start, limit = asked_place(request)
        entries = self.job(job).entries
        shown = {
            "items": entries[start : start + limit],
            "next_cursor": str(start + limit) if start + limit < len(entries) else None,
            "previous_cursor": str(max(0, start - limit)) if start else None,
        }
        return Response(EntryPage(shown).data)


class ConfirmView(ImportDoor):
    """Lets an import go on."""

    @operation(
        "confirm_import",
        "Confirm an import",
        tag=TAG,
        scope="write",
        body=ConfirmInput,
        returns={202: JobData},
        refusals=[*OF_A_WRITE, *OF_A_BODY, 409, 404],
    )
    def post(self, request: Request, workspace: str, job: str) -> Response:
        """Do what the entries say. 409 where the import is not `ready`."""
        found = self.job(job)
        sent = ConfirmInput(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            jobs.confirm(found, **sent.validated_data)
        except jobs.NotReady:
            raise WrongState(NOT_READY) from None
        return Response(JobData(found).data, status=202)


class CancelView(ImportDoor):
    """Ends an import."""

    @operation(
        "cancel_import",
        "Cancel an import",
        tag=TAG,
        scope="write",
        returns={202: JobData},
        refusals=[*OF_A_WRITE, 404],
    )
    def post(self, request: Request, workspace: str, job: str) -> Response:
        """End it before its next file; what was imported stays, and so does a finished import."""
        found = self.job(job)
        jobs.cancel(found)
        return Response(JobData(found).data, status=202)
