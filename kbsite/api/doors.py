"""What every view of the API shares, whoever gets past it."""

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.request import Request
from rest_framework.views import APIView

from kbsite.api.problems import CHALLENGE


@method_decorator(never_cache, name="dispatch")
class Door(APIView):
    """What every view of the API shares: the view itself decides who may, and nothing is cached."""

    http_method_names = ["get", "head", "post", "patch", "delete"]

    def get_authenticate_header(self, request: Request) -> str:
        """Without a challenge, what needs an account would be answered 403 and not 401."""
        return CHALLENGE
