"""Template tags of the reader's pages: small questions that a template has to ask.

What they show is computed elsewhere; here it only becomes words.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil

from knowledge import access
from knowledge.access import Rights, readable_workspaces, rights_in
from knowledge.answers.limits import MODEL_USED_UP
from knowledge.excerpts import Backed, excerpt_html
from knowledge.models import Workspace
from knowledge.search.legs import KEYWORD_ONLY, MEANING_ONLY, WORDS_UNCHECKED
from knowledge.search.ranking import FOREIGN_LANGUAGE, RERANK_SKIPPED
from knowledge.search.retrieve import Passage

register = template.Library()

NOTES = {
    RERANK_SKIPPED: "To answer in time, the sources were not read a second time for their order.",
    KEYWORD_ONLY: "Only the words of the question were searched, not its meaning.",
    FOREIGN_LANGUAGE: "This site's search models know only English, so mostly the words decided.",
    MEANING_ONLY: "Only the meaning of the question was searched, not its words.",
    WORDS_UNCHECKED: "Whether any article has the question's words could not be looked up, so how "
    "sure the sources are is less certain.",
    MODEL_USED_UP: "The language model has written enough here for one day, so these sentences are "
    "quoted from the sources.",
}


@register.simple_tag(takes_context=True)
def readable(context: Context) -> list[Workspace]:
    """The workspaces that whoever asks may enter, for the header's switch."""
    request = context.get("request")
    return readable_workspaces(getattr(request, "user", AnonymousUser()))


@register.simple_tag(takes_context=True)
def rights(context: Context, workspace: Workspace) -> Rights:
    """What whoever asks may do in the workspace, so that no page offers what would be refused."""
    request = context["request"]
    return getattr(request, "rights", None) or rights_in(request.user, workspace)


@register.simple_tag(takes_context=True)
def may_create_workspaces(context: Context) -> bool:
    return access.may_create_workspaces(context["request"].user)


@register.simple_tag
def excerpt(passage: str, question: str) -> SafeString:
    """A passage's Markdown as safe HTML, the question's words marked."""
    return mark_safe(excerpt_html(passage, terms=[question]))  # noqa: S308


@register.simple_tag
def passage_excerpt(
    passage: Passage, question: str, support: Sequence[Mapping[str, int]] | None = None
) -> SafeString:
    """As `excerpt`, with the sentences marked that `support` of the answer's `done` names."""
    claims: dict[tuple[int, int], list[int]] = {}
    for one in support or ():
        if one["n"] == passage.n:
            span = one["start"] - passage.start, one["end"] - passage.start
            claims.setdefault(span, []).append(one["claim"])
    backed = [Backed(*span, tuple(claims[span])) for span in sorted(claims)]
    return mark_safe(excerpt_html(passage.text, terms=[question], backed=backed))  # noqa: S308


@register.simple_tag
def ago(moment: datetime | None) -> str:
    """How long ago in one unit: "3 days ago"; "just now" within a minute; "never" for None."""
    if moment is None:
        return "never"
    if (timezone.now() - moment).total_seconds() < 60:
        return "just now"
    return f"{timesince(moment, depth=1)} ago"


@register.simple_tag
def in_time(moment: datetime | None) -> str:
    """How long until then: "in 30 days", "in 3 hours"; "any moment now" once it is past."""
    now = timezone.now()
    if moment is None or moment <= now:
        return "any moment now"
    if moment - now > timedelta(days=1):
        return f"in {math.ceil((moment - now) / timedelta(days=1))} days"
    return f"in {timeuntil(moment, depth=1)}"


@register.simple_tag
def clock(moment: datetime) -> str:
    """The time of a moment: "14:02 UTC", with its day where that is not today."""
    there = timezone.localtime(moment)
    today = there.date() == timezone.localdate()
    return date_format(there, "H:i e" if today else "j M, H:i e")


@register.simple_tag
def countdown(moment: datetime) -> str:
    """How long until a moment: "in 40 s", "in 5 min", "now"."""
    seconds = math.ceil((moment - timezone.now()).total_seconds())
    if seconds <= 0:
        return "now"
    return f"in {seconds} s" if seconds < 100 else f"in {math.ceil(seconds / 60)} min"


@register.simple_tag
def degraded_note(code: str) -> str:
    """What a search did without, in a sentence."""
    return NOTES.get(code, "Part of the search was not available.")
