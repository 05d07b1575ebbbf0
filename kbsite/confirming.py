"""Actions of the admin panel on several things: asked about first, then done to each as seen.

What an action does is its app's; here is the page that asks, and what is said afterwards.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

# each is two hidden fields of a form, under DATA_UPLOAD_MAX_NUMBER_FIELDS
MOST_AT_ONCE = 200
TEMPLATE = "admin/confirm_action.html"
FROM_PAGE: Final = "from_page"
"""In the POST: a button on the one thing's own page asked, and gets its answer there."""


Act = Callable[[Any, int, dict[str, Any]], object]
"""Takes the thing, its version when the question was asked, and the form's values."""


class LeftAlone(Exception):
    """It was not done to this one; the message is a sentence that says why."""


@dataclass(frozen=True)
class Step:
    """`act` raises `LeftAlone` for a thing that it does nothing to."""

    name: str
    question: str
    done: str
    act: Act
    form: type[forms.Form] = forms.Form


def ask_then_do(
    panel: admin.ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any], step: Step
) -> HttpResponse | None:
    """The page that asks; or, once it was answered, what was done, as a message."""
    things = list(chosen[: MOST_AT_ONCE + 1])
    if len(things) > MOST_AT_ONCE:
        panel.message_user(request, f"Choose at most {MOST_AT_ONCE} at a time.", messages.ERROR)
        return None
    form = step.form(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        return _question(panel, request, things, step, form)
    _do(panel, request, things, step, form.cleaned_data)
    return redirect(_back(panel, request, things)) if FROM_PAGE in request.POST else None


def _question(
    panel: admin.ModelAdmin[Any],
    request: HttpRequest,
    things: Sequence[Any],
    step: Step,
    form: forms.Form,
) -> TemplateResponse:
    context = {
        **panel.admin_site.each_context(request),
        "title": step.question,
        "step": step,
        "form": form,
        "opts": panel.model._meta,
        "things": [(thing, getattr(thing, "version", 0)) for thing in things],
        "checkbox": ACTION_CHECKBOX_NAME,
        "from_page": FROM_PAGE if FROM_PAGE in request.POST else "",
        "back": _back(panel, request, things),
    }
    return TemplateResponse(request, TEMPLATE, context)


def _do(
    panel: admin.ModelAdmin[Any],
    request: HttpRequest,
    things: Sequence[Any],
    step: Step,
    given: dict[str, Any],
) -> None:
    left = Counter[str]()
    for thing in things:
        try:
            step.act(thing, _seen(request, thing), given)
        except LeftAlone as reason:
            left[str(reason)] += 1
        else:
            panel.log_change(request, thing, step.done)
    if done := len(things) - left.total():
        panel.message_user(request, f"{step.done}: {done}.", messages.SUCCESS)
    for reason_told, number in left.items():
        text = f"Left as they are: {number}. {reason_told}"
        panel.message_user(request, text, messages.WARNING)


def _seen(request: HttpRequest, thing: Any) -> int:
    text = request.POST.get(f"seen-{thing.pk}", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _back(panel: admin.ModelAdmin[Any], request: HttpRequest, things: Sequence[Any]) -> str:
    """Where the question came from: the list as it was filtered, or the page of the one thing."""
    options = panel.model._meta
    if FROM_PAGE in request.POST and things:
        page = f"admin:{options.app_label}_{options.model_name}_change"
        return reverse(page, args=[things[0].pk])
    return request.get_full_path()
