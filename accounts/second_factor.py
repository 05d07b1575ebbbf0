"""Checking a code that somebody gives to show who they are: the app's, or a recovery code."""

from contextlib import suppress
from typing import Final

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts import audit, mfa, notices, recovery_codes
from accounts.mfa import CODES, WrongCode
from accounts.models import User
from accounts.notices import Notice
from accounts.throttling import DAY, Rule, TooMany, count

TOLD: Final = Rule("codes-told", ((1, DAY),))


@sensitive_variables("code")
def verify_second_factor(user: User, code: str, request: HttpRequest) -> None:
    """Use the code up. Raises `WrongCode`, or `TooMany` without having looked at it.

    Six digits are the app's; anything else is taken for a recovery code.
    """
    _count(user, request)
    if mfa.digits(code):
        right = mfa.spend(user, code)
    else:
        right = recovery_codes.spend(user, code, request=request)
    if not right:
        audit.record("mfa.refused", on=user, request=request, outcome=audit.REFUSED)
        raise WrongCode


def _count(user: User, request: HttpRequest) -> None:
    try:
        count(CODES, user.pk)
    except TooMany:
        # whoever gets as far as this knows the password
        with suppress(TooMany):
            count(TOLD, user.pk)
            notices.tell(user, Notice.CODES_REFUSED, request=request)
        raise
