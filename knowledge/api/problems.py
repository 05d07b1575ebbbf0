"""What goes wrong with articles and searches over the API; the rest is `kbsite/api/problems`."""

from http import HTTPStatus

from rest_framework.exceptions import APIException

from accounts.throttling import TooMany
from knowledge.models import Article
from knowledge.providers import Busy, ProviderError


class VersionMissing(APIException):
    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = (
        "Say which version you saw, as If-Match or as `version`, so that nobody else's work is "
        "overwritten."
    )


class VersionConflict(APIException):
    """Somebody else saved the article since: what it is now."""

    status_code = HTTPStatus.CONFLICT
    default_detail = (
        "Somebody saved this article since you read it; nothing of yours was saved. Read it "
        "again, apply your changes to what it says now, and send that with its version."
    )

    def __init__(self, article: Article) -> None:
        super().__init__()
        self.members = {"version": article.version, "revision": article.revision}


class CannotSearch(APIException):
    """The question was not searched for; where `wait` says when, it can be asked again."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, error: ProviderError) -> None:
        super().__init__(str(error))
        self.members = {"code": error.code}
        self.wait = error.retry_after if isinstance(error, Busy) else None


class AskedTooOften(APIException):
    status_code = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, error: TooMany) -> None:
        super().__init__(str(error))
        self.wait = error.wait


class WrongState(APIException):
    """What is asked for cannot be done to the thing as it is now."""

    status_code = HTTPStatus.CONFLICT


class Moved(APIException):
    """The article was renamed; `address` is that of the same request now."""

    status_code = HTTPStatus.PERMANENT_REDIRECT
    default_detail = "This article has another address by now."

    def __init__(self, address: str) -> None:
        super().__init__()
        self.headers = {"Location": address}
