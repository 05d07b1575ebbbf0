"""Actions on several things at once: asked about first, then done to each as it was seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from knowledge.editing import Conflict

# each is two hidden fields of a form, under DATA_UPLOAD_MAX_NUMBER_FIELDS
MOST_AT_ONCE = 200
TEMPLATE = "admin/knowledge/confirm_action.html"


@dataclass(frozen=True)
class Step:
    """`act` takes the thing, its version when the question was asked, and the form's values."""

    name: str
    question: str
    done: str
    act: Callable[[Any, int, dict[str, Any]], object]
    form: type[forms.Form] = forms.Form


def ask_then_do(
    panel: admin.ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any], step: Step
) -> TemplateResponse | None:
    """The page that asks; or, once it was answered, what was done, as a message."""
    things = list(chosen[: MOST_AT_ONCE + 1])
    if len(things) > MOST_AT_ONCE:
        panel.message_user(request, f"Choose at most {MOST_AT_ONCE} at a time.", messages.ERROR)
        return None
    form = step.form(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        _do(panel, request, things, step, form.cleaned_data)
        return None
    context = {
        **panel.admin_site.each_context(request),
        "title": step.question,
        "step": step,
        "form": form,
        "opts": panel.model._meta,
        "things": [(thing, getattr(thing, "version", 0)) for thing in things],
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _do(
    panel: admin.ModelAdmin[Any],
    request: HttpRequest,
    things: Sequence[Any],
    step: Step,
    given: dict[str, Any],
) -> None:
    done = 0
    for thing in things:
        try:
            step.act(thing, _seen(request, thing), given)
        except Conflict:
            continue
        panel.log_change(request, thing, step.done)
        done += 1
    panel.message_user(request, f"{step.done}: {done}.", messages.SUCCESS)
    if left := len(things) - done:
        text = f"Left as they are, because somebody saved them meanwhile: {left}. Look again."
        panel.message_user(request, text, messages.WARNING)


def _seen(request: HttpRequest, thing: Any) -> int:
    text = request.POST.get(f"seen-{thing.pk}", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
