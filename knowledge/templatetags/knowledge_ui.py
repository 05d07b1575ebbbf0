"""Template tags of the reader's pages: small questions that a template has to ask."""

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context

from knowledge.access import readable_workspaces
from knowledge.models import Workspace

register = template.Library()


@register.simple_tag(takes_context=True)
def readable(context: Context) -> list[Workspace]:
    """The workspaces that whoever asks may enter, for the header's switch."""
    request = context.get("request")
    return readable_workspaces(getattr(request, "user", AnonymousUser()))
