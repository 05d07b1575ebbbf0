"""How the rules for a password stand while somebody types it: a fragment, for htmx.

The password comes in the body and goes nowhere. Whether it was used before is not looked at.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from accounts import resetting
from accounts.backends import MAX_IDENTITY
from accounts.models import User
from accounts.policy import MAX_LENGTH, demands
from accounts.reset_views import TOKEN
from accounts.throttling import HOUR, MINUTE, Rule, TooMany, count, say_too_many
from accounts.visits import Visit

# a quick typist pauses about once in a second
LOOKS: Final = Rule("password-rules", ((90, MINUTE), (1_000, HOUR)))
FIELDS: Final = ("new_password1", "password1")
DESCRIBED: Final = ("username", "email", "joins")


@sensitive_post_parameters()
@sensitive_variables("password")
@never_cache
@require_POST
def password_rules(request: HttpRequest) -> HttpResponse:
    """Say which rules the password keeps, for whoever it is to be the password of."""
    try:
        count(LOOKS, request.user.pk or Visit.of(request).network)
    except TooMany as error:
        return say_too_many(HttpResponse(str(error), content_type="text/plain"), error)
    password = next((request.POST[name] for name in FIELDS if name in request.POST), "")[
        : MAX_LENGTH + 1
    ]
    found = demands(password, _person(request))
    left = sum(bool(demand.broken) for demand in found)
    context = {"demands": found, "typed": bool(password), "left": left}
    return render(request, "accounts/_rules_checked.html", context)


def _person(request: HttpRequest) -> User | None:
    """Whoever the form describes, or is signed in, or has opened a link to reset."""
    username, email, joins = (request.POST.get(name, "")[:MAX_IDENTITY] for name in DESCRIBED)
    if username or email or joins:
        described = User(username=username, email=email)
        described.joins = joins
        return described
    if isinstance(request.user, User):
        return request.user
    return resetting.owner_of(request.session.get(TOKEN, ""))
