"""What the mails about accounts say, and whom they reach.

Each kind has a text in `templates/accounts/mail/`, whose first line is the subject. Secrets are
made here, when a mail is about to be sent, so that none waits in the database.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts import email_addresses, managing, resetting
from accounts.backends import find_user
from accounts.models import QueuedMail, User
from accounts.notices import Notice

Added = dict[str, str]

SECRETS: Final[dict[str, Callable[[QueuedMail, User], Added | None]]] = {
    email_addresses.KIND: email_addresses.link_for,
    resetting.KIND: resetting.link_for,
    managing.INVITED: resetting.link_for,
}
"""Per kind, what its text is given besides the mail's facts: links that are worth something.

None where the person is not to have one, so that nothing is sent.
"""


def write(queued: QueuedMail) -> EmailMessage | None:
    """The mail, or None where there is nobody to send it to."""
    user = _recipient(queued)
    address = queued.facts.get("send_to") or (user.email if user else "")
    if user is None or not address:
        return None
    make = SECRETS.get(queued.kind)
    added = make(queued, user) if make else {}
    if added is None:
        return None
    subject, body = _render(queued, user, added).split("\n", 1)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=[address],
        # no robot answers it, and no mailing list counts the answer
        headers={"Auto-Submitted": "auto-generated"},
    )


def _recipient(queued: QueuedMail) -> User | None:
    if queued.user_id:
        return User.objects.filter(pk=queued.user_id).first() or _former(queued)
    return find_user(queued.identity)


def _former(queued: QueuedMail) -> User | None:
    """Whose account is gone, by the name that the mail kept."""
    username = queued.facts.get("username")
    return User(username=username) if username else None


def _render(queued: QueuedMail, user: User, added: Added) -> str:
    context = {
        **queued.facts,
        **added,
        "happened": dict(Notice.choices).get(queued.kind, ""),
        "user": user,
        "at": queued.created_at,
        "site_name": settings.KB_SITE_NAME,
        "site": queued.base_url.rstrip("/"),
    }
    return render_to_string(f"accounts/mail/{queued.kind}.txt", context)
