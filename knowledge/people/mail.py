"""The mail that carries an invitation. A mail that cannot be sent is said, and loses nothing."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.outbox import can_send_mail
from knowledge.models import Invitation

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The mail did not go out; the message says why, for whoever invited."""


def send_invitation(invitation: Invitation, *, url: str) -> None:
    """Send the invited address its link. Raises `NotSent`."""
    if not can_send_mail():
        raise NotSent("This site is not set up to send e-mail.")
    context = {"invitation": invitation, "url": url, "site_name": settings.KB_SITE_NAME}
    subject = f"Join “{invitation.workspace.name}” on {settings.KB_SITE_NAME}"
    message = EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("knowledge/people/invitation.txt", context),
        to=[invitation.email],
    )
    try:
        message.send()
    except (OSError, ValueError) as error:
        # by type only: a server's words can quote the mail
        logger.warning("an invitation was not mailed: %s", type(error).__name__)
        raise NotSent("The mail could not be sent.") from error
