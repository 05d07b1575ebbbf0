"""Sending the mails of the outbox: a thread of the worker's process.

A mail is leased, written, handed to Django's e-mail backend and only then removed. So none that
was queued is lost; one whose process is killed between sending and removing arrives twice. What
a mail says, and the secrets in it, is `letters.py`.
"""

import logging
import threading
from datetime import timedelta
from typing import Final

from django.db import connections
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import letters
from accounts.models import QueuedMail
from accounts.outbox import can_send_mail
from kbsite.logs import without_message

logger = logging.getLogger(__name__)

POLL_EVERY: Final = 1.0
LEASED_FOR: Final = timedelta(minutes=2)
GIVE_UP_AFTER: Final = timedelta(days=2)
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)


def start_sending(stop: threading.Event) -> threading.Thread:
    """Begin the thread that sends mails until `stop` is set."""
    thread = threading.Thread(target=_send_until, args=(stop,), name="mails")
    thread.start()
    return thread


def send_due() -> None:
    """Send what is due, until nothing is."""
    while send_next():
        pass


def send_next() -> bool:
    """Send the mail that is due longest, or put it off if that fails; False if there is none."""
    if (mail := _lease_next()) is None:
        return False
    try:
        _send(mail)
    except Exception as error:  # whatever one mail does, the others must go out
        _put_off(mail, error)
    else:
        _mine(mail).delete()
    return True


def _send_until(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not send_next():
                stop.wait(POLL_EVERY)
        except Exception as error:  # nobody else sends, so this goes on whatever happens
            logger.warning("mails pause: %s", without_message(error))
            stop.wait(POLL_EVERY)
    connections.close_all()


def _lease_next() -> QueuedMail | None:
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    for mail in QueuedMail.objects.filter(free, not_before__lte=now).order_by("not_before")[:5]:
        until = now + LEASED_FOR
        if _mine(mail).update(leased_until=until):
            mail.leased_until = until
            return mail
    return None


def _mine(mail: QueuedMail) -> QuerySet[QueuedMail]:
    """The mail, if nobody else has leased it since it was read."""
    return QueuedMail.objects.filter(pk=mail.pk, leased_until=mail.leased_until)


def _send(mail: QueuedMail) -> None:
    if can_send_mail() and (message := letters.write(mail)):
        message.send()


def _put_off(mail: QueuedMail, error: Exception) -> None:
    now, attempts = timezone.now(), mail.attempts + 1
    # by type only: a server's words can quote the mail
    reason = without_message(error)
    if now - mail.created_at > GIVE_UP_AFTER:
        logger.error("mail %s: given up after %d attempts: %s", mail.kind, attempts, reason)
        _mine(mail).delete()
        return
    logger.warning("mail %s: %s; tried again later", mail.kind, reason)
    _mine(mail).update(attempts=attempts, not_before=now + _wait(attempts), leased_until=None)


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * (1 << min(attempts - 1, 10)), LONGEST_WAIT)
