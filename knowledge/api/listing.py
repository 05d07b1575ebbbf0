"""Lists of the API: a page at a time, narrowed as on the pages (`browsing/list_form`)."""

import re
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from knowledge.api.article_data import ArticleSummary
from knowledge.browsing.list_form import ListForm
from knowledge.browsing.listing import FOR_WRITERS, LARGEST_PAGE, PAGE, ListQuery, Sort
from knowledge.models import Visibility

PLACE: Final = re.compile("[0-9]{0,9}")
INVALID_CURSOR: Final = "This cursor is not from this list. Start again without one."


class Paging(serializers.Serializer[dict[str, Any]]):
    """Which page of a list is asked for."""

    cursor = serializers.CharField(
        default="", allow_blank=True, help_text="`next_cursor` or `previous_cursor` of a page."
    )
    limit = serializers.IntegerField(
        default=PAGE, min_value=1, max_value=LARGEST_PAGE, help_text="How many at most."
    )


class Page(serializers.Serializer[Any]):
    """Some of a list; a null cursor means that there are none on that side."""

    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)


class ArticlePage(Page):
    """Some of the articles."""

    items = ArticleSummary(many=True)


def _one(name: str, about: str, enum: list[str] | None = None, kind: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=about, enum=enum)


FILTERS: Final = (
    _one("text", "Beginnings of words of the title."),
    _one("status", "What is not published is shown to those who write.", list(FOR_WRITERS)),
    OpenApiParameter(
        "tag", str, many=True, description="May be given several times: articles that have all."
    ),
    _one("category", "Exactly this one."),
    _one("author", "A user name."),
    _one("visibility", "Who may read it.", Visibility.values),
    _one("not_indexed", "Those whose newest revision searches do not find yet.", kind=bool),
    _one("reported", "Those that readers reported, for those who write.", kind=bool),
    _one("sort", "The order; `saved` unless given.", Sort.values),
)


def asked_page(request: Request) -> tuple[str, int]:
    """The cursor, which may be empty, and how many."""
    paging = Paging(data=request.query_params)
    paging.is_valid(raise_exception=True)
    return paging.validated_data["cursor"], paging.validated_data["limit"]


def asked_place(request: Request, default: int = 0) -> tuple[int, int]:
    """As `asked_page`, where a cursor is a number that the list counts by."""
    cursor, limit = asked_page(request)
    if not PLACE.fullmatch(cursor):
        raise ValidationError({"cursor": [INVALID_CURSOR]})
    return int(cursor or default), limit


def asked_query(request: Request) -> ListQuery:
    """What the list is narrowed to."""
    form = ListForm(request.query_params)
    if not form.is_valid():
        raise ValidationError(
            {name: [str(sentence) for sentence in found] for name, found in form.errors.items()}
        )
    return form.query()
