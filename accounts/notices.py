"""What people are told by e-mail about their account, so that they notice what was not them."""

from django.db.models import TextChoices
from django.http import HttpRequest

from accounts import outbox
from accounts.models import User
from accounts.visits import Visit


class Notice(TextChoices):
    """What happened: the mail's subject. Its text is `templates/accounts/mail/<value>.txt`."""

    NEW_DEVICE = "new_device", "A new device signed in to your account"
    FAILURES = "failures", "Somebody keeps failing to sign in to your account"
    REFRESH_REUSED = "refresh_reused", "A program's sign-in was ended: its token was used twice"
    PASSWORD_CHANGED = "password_changed", "Your password was changed"
    EMAIL_CHANGED = "email_changed", "Your e-mail address was changed"
    EMAIL_TAKEN = "email_taken", "Somebody tried to use your e-mail address for another account"
    ACCOUNT_DELETED = "account_deleted", "Your account was deleted"
    MFA_ON = "mfa_on", "Signing in to your account takes a second step now"
    MFA_OFF = "mfa_off", "Signing in to your account takes no second step any more"
    CODES_REFUSED = "codes_refused", "Somebody with your password keeps failing at the second step"
    RECOVERY_USED = "recovery_used", "A recovery code of your account was used"
    RECOVERY_RENEWED = "recovery_renewed", "The recovery codes of your account are new"
    TOKEN_MADE = "token_made", "An API token was made for your account"


def tell(user: User, what: Notice, *, request: HttpRequest | None, **facts: str) -> None:
    """Queue a mail to the user, with where the request came from."""
    outbox.post(what.value, to=user, request=request, **_where(request), **facts)


def tell_if_known(identity: str, what: Notice, *, request: HttpRequest) -> None:
    """The same to whoever has this name or e-mail; the work is the same if nobody does."""
    outbox.post(what.value, to=identity, request=request, **_where(request))


def _where(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    visit = Visit.of(request)
    return {"address": visit.address, "user_agent": visit.user_agent}
