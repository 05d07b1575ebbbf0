"""The API: which workspaces one may read."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kbsite.api.doors import Door
from kbsite.api.operation import operation
from knowledge.access import readable_workspaces
from knowledge.api.doors import WorkspaceDoor
from knowledge.models import Visibility, Workspace

TAG = "workspaces"


class WorkspaceData(serializers.Serializer[Workspace]):
    """A workspace."""

    slug = serializers.CharField()
    url = serializers.CharField(source="get_absolute_url", help_text="Its page, for people.")
    name = serializers.CharField()
    description = serializers.CharField()
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    archived = serializers.SerializerMethodField(
        help_text="Read and searched as before, and written by nobody."
    )

    def get_archived(self, workspace: Workspace) -> bool:
        return workspace.archived_at is not None


class WorkspaceList(serializers.Serializer[object]):
    """Workspaces by name."""

    items = WorkspaceData(many=True)


class RightsData(serializers.Serializer[object]):
    """What you may do in a workspace that you may read."""

    edit = serializers.BooleanField(help_text="Write articles.")
    manage = serializers.BooleanField(help_text="Change its people and settings.")


class WorkspaceDetail(WorkspaceData):
    """A workspace, and what you may do there."""

    rights = serializers.SerializerMethodField()

    @extend_schema_field(RightsData)
    def get_rights(self, _: Workspace) -> Any:
        return RightsData(self.context["rights"]).data


class WorkspacesView(Door):
    """The workspaces that one may read."""

    @operation(
        "list_workspaces", "List workspaces", tag=TAG, scope="read", returns={200: WorkspaceList}
    )
    def get(self, request: Request) -> Response:
        """All workspaces that you may read, by name."""
        return Response(WorkspaceList({"items": readable_workspaces(request.user)}).data)


class WorkspaceView(WorkspaceDoor):
    """One workspace."""

    @operation(
        "read_workspace",
        "Read a workspace",
        tag=TAG,
        scope="read",
        returns={200: WorkspaceDetail},
        refusals=[404],
    )
    def get(self, request: Request, workspace: str) -> Response:
        """One workspace, and what you may do in it."""
        return Response(WorkspaceDetail(self.workspace, context={"rights": self.rights}).data)
