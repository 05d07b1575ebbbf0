"""What every view of the API asks of whoever was authenticated; also views that say nothing."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.holding import held_reason
from accounts.models import ApiToken
from kbsite.api.scopes import ANY_TOKEN, token_scope

if TYPE_CHECKING:  # REST framework loads this module while it defines its views
    from rest_framework.views import APIView


class WithinScope(BasePermission):
    """A personal token does what its scopes name, and nothing that no scope names."""

    message = "This API token has no scope for that."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        needed = token_scope(view, request.method or "")
        return needed == ANY_TOKEN or needed in request.auth.scopes


class NotHeld(BasePermission):
    """Whoever has to act first gets only the views that are for that: those whose `ends` say so."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        held = held_reason(request.user)
        if held is None or held in getattr(view, "ends", ()):
            return True
        self.message = held.detail
        return False
