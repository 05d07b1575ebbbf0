"""What is stored about people: who they are, where they are signed in, and what was done."""

from accounts.models.audit import AuditEvent
from accounts.models.mail import QueuedMail
from accounts.models.sessions import Session
from accounts.models.tokens import ApiToken
from accounts.models.users import PasswordConflict, People, RememberedPassword, User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "PasswordConflict",
    "People",
    "QueuedMail",
    "RememberedPassword",
    "Session",
    "User",
]
