"""The API: ask a question, get the answer's events as lines of JSON while they come.

Thin: the events are `answers`, who may ask is `access`. What the schema says about the events is
`answer_schema`.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from knowledge.access import Scope, scope_for, workspace_or_none
from knowledge.answers.events import ErrorEvent, Event, ndjson
from knowledge.answers.pacing import paced
from knowledge.answers.question import InvalidQuestion, clean_question
from knowledge.answers.readers import Reader, asker_of
from knowledge.answers.stream import AnswerNotFound, ask
from knowledge.api.answer_schema import EVENTS, NDJSON
from knowledge.models import MAX_CATEGORY, MAX_TAG
from knowledge.narrowing import MAX_TAGS
from knowledge.streaming import streamed

ACCESS_ENDED = ErrorEvent(code="internal", message="You may no longer read this workspace.")


class QuestionField(serializers.CharField):
    """A question, cleaned; why it cannot be asked is said in plain words."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_question(
                super().to_internal_value(data), max_chars=settings.QUESTION_MAX_CHARS
            )
        except InvalidQuestion as error:
            raise serializers.ValidationError(str(error)) from None


class QuestionSerializer(serializers.Serializer[dict[str, Any]]):
    """What is asked, and the articles that the search is narrowed to."""

    question = QuestionField(
        error_messages={
            **dict.fromkeys(("blank", "null", "required"), "Type a question first."),
            "invalid": "A question is a text.",
        }
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, default=list
    )
    category = serializers.CharField(max_length=MAX_CATEGORY, allow_blank=True, default="")


class NdjsonRenderer(JSONRenderer):
    """Lets a client ask for what the answer is in; what is refused before it is plain JSON."""

    media_type = NDJSON
    format = "ndjson"


class AnswersView(APIView):
    """Answers to questions about one workspace."""

    permission_classes = [AllowAny]  # access.py decides; a public workspace needs no account
    renderer_classes = [JSONRenderer, NdjsonRenderer]

    @extend_schema(
        operation_id="ask",
        request=QuestionSerializer,
        responses={(HTTPStatus.OK, NDJSON): EVENTS, HTTPStatus.NOT_FOUND: None},
    )
    def post(self, request: Request, workspace: str) -> StreamingHttpResponse:
        """Ask a question; each line of the response is one event, sent as it becomes known."""
        space = workspace_or_none(request.user, workspace)
        if space is None:
            raise Http404
        asked = QuestionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        scope = scope_for(request.user, space)
        events = ask(
            scope=scope, workspace=space, asker=asker_of(request.user), **asked.validated_data
        )
        lines = _lines(events, scope, Reader.of(request.user, space.slug))
        return streamed(lines, content_type=NDJSON)


async def _lines(
    events: AsyncGenerator[Event, None], scope: Scope, reader: Reader
) -> AsyncGenerator[str, None]:
    async def check() -> None:
        if not (await reader.scope()).covers(scope):
            raise AnswerNotFound

    try:
        async with aclosing(paced(events, pause=0, check=check)) as batches:
            async for batch in batches:
                yield "".join(ndjson(event) for event in batch)
    except AnswerNotFound:
        yield ndjson(ACCESS_ENDED)
