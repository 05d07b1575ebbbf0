"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """The site's name, as `site_name`."""
    return {"site_name": settings.KB_SITE_NAME}
