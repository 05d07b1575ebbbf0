"""What an administrator does to several people at once, or to one from their page.

What each means and to whom it may not be done is `managing.py`; every one is confirmed first.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import managing
from accounts.models import User
from kbsite.confirming import LeftAlone, Step, ask_then_do


class ReasonForm(forms.Form):
    """Why it was done, for whoever reads the audit log."""

    reason = forms.CharField(
        max_length=200,
        label="Reason",
        help_text="How you made sure that it is the person who asks. It is kept in the audit log.",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


Action = Callable[[admin.ModelAdmin[User], HttpRequest, QuerySet[User]], HttpResponse | None]


def _action(
    name: str,
    verb: Callable[..., None],
    *,
    label: str,
    question: str,
    done: str,
    form: type[forms.Form] = forms.Form,
) -> Action:
    """An action that asks `question` and does `verb` to each, with what the form asked for."""

    @admin.action(description=label, permissions=["change"])
    def action(
        panel: admin.ModelAdmin[User], request: HttpRequest, chosen: QuerySet[User]
    ) -> HttpResponse | None:
        def act(user: User, seen: int, given: dict[str, Any]) -> None:
            try:
                verb(user, by=cast("User", request.user), request=request, **given)
            except managing.NotDone as error:
                raise LeftAlone(str(error)) from error

        return ask_then_do(panel, request, chosen, Step(name, question, done, act, form))

    action.__name__ = name
    return action


FORCE_CHANGE: Final = _action(
    "force_change",
    managing.force_change,
    label="Demand another password",
    question="Sign these people out, and let them choose another password when they sign in?",
    done="Another password demanded",
)
SIGN_OUT: Final = _action(
    "sign_out",
    managing.sign_out,
    label="End all sessions",
    question="Sign these people out everywhere? Their API tokens are revoked too.",
    done="Signed out everywhere",
)
UNLOCK: Final = _action(
    "unlock",
    managing.unlock,
    label="Unlock",
    question="Let these people try to sign in again at once, however often it failed?",
    done="Unlocked",
)
RESET_MFA: Final = _action(
    "reset_mfa",
    managing.reset_mfa,
    label="Reset the second step",
    question="Take away the second step of these people? The password alone signs them in then.",
    done="Second step taken away",
    form=ReasonForm,
)
DEACTIVATE: Final = _action(
    "deactivate",
    managing.deactivate,
    label="Deactivate",
    question="Deactivate these people? They are signed out, and cannot sign in any more.",
    done="Deactivated",
)
ACTIVATE: Final = _action(
    "activate",
    managing.activate,
    label="Activate",
    question="Let these people sign in again?",
    done="Activated",
)
ACTIONS: Final = [FORCE_CHANGE, SIGN_OUT, UNLOCK, RESET_MFA, DEACTIVATE, ACTIVATE]


def buttons_for(user: User, *, by: User) -> list[tuple[str, str]]:
    """The names and labels of what can be done to this person now, by this administrator."""
    if user.pk == by.pk:
        return []
    hidden = [DEACTIVATE if not user.is_active else ACTIVATE]
    if not user.has_mfa:
        hidden.append(RESET_MFA)
    shown = [each for each in ACTIONS if each not in hidden]
    return [(each.__name__, each.short_description) for each in shown]  # type: ignore[attr-defined]
