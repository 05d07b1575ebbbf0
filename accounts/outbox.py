"""The queue of mails about accounts: a request writes what to tell, the worker sends it.

So a page takes as long for a name that nobody has as for any other (R4), and a mail server that is
away loses nothing. Writing and sending the mails is `accounts/sending.py`.
"""

from django.conf import settings
from django.http import HttpRequest

from accounts.models import QueuedMail, User


def post(
    kind: str, *, to: User | str, request: HttpRequest | None = None, **facts: str
) -> QueuedMail:
    """Queue a mail to an account, or to whoever has the name or e-mail `to`, if anybody does.

    `facts` are what the mail says; never a secret. `send_to` among them is another address than
    the account's.
    """
    return QueuedMail.objects.create(
        kind=kind,
        user_id=str(to.pk) if isinstance(to, User) else "",
        identity=to if isinstance(to, str) else "",
        base_url=site_url(request),
        facts=facts,
    )


def site_url(request: HttpRequest | None) -> str:
    """Where links in mails start: where the request was sent, if the settings do not say.

    They should (R2): whoever asks for somebody's mail writes its `Host`, and any port in it.
    """
    return settings.SITE_URL or (request.build_absolute_uri("/") if request else "")


def can_send_mail() -> bool:
    """Whether this site has anything to send mail with; where not, the worker drops what waits."""
    return bool(settings.EMAIL_BACKEND != settings.NO_EMAIL_BACKEND)
