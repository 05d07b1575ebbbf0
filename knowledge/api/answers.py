"""The API: ask a question, get the answer's events as lines of JSON while they come.

Thin: the events are `answers`, who may ask is `access`. What the schema says about the events is
`answer_schema`.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.models import ApiToken
from accounts.sessions import session_id_of
from accounts.throttling import TooMany
from kbsite.api.fields import TextField
from kbsite.api.operation import OF_A_BODY, operation
from knowledge.access import Scope
from knowledge.answers.events import ErrorEvent, Event, ndjson
from knowledge.answers.limits import count_question
from knowledge.answers.pacing import paced
from knowledge.answers.question import InvalidQuestion, clean_question
from knowledge.answers.readers import Reader, asker_of
from knowledge.answers.stream import AnswerNotFound, follow_to_the_end, open_answer
from knowledge.api.answer_schema import EVENTS, NDJSON
from knowledge.api.doors import WorkspaceDoor
from knowledge.api.problems import AskedTooOften, CannotSearch
from knowledge.models import MAX_CATEGORY, MAX_TAG
from knowledge.narrowing import MAX_TAGS
from knowledge.providers import ProviderError
from knowledge.streaming import streamed

ACCESS_ENDED = ErrorEvent(code="internal", message="You may no longer read this workspace.")


class QuestionField(TextField):
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
        child=TextField(max_length=MAX_TAG), max_length=MAX_TAGS, default=list
    )
    category = TextField(max_length=MAX_CATEGORY, allow_blank=True, default="")


class NdjsonRenderer(JSONRenderer):
    """Lets a client ask for what the answer is in; what is refused before it is plain JSON."""

    media_type = NDJSON
    format = "ndjson"


class AnswersView(WorkspaceDoor):
    """Answers to questions about one workspace, for whoever may read it."""

    for_readers = ("POST",)
    renderer_classes = [JSONRenderer, NdjsonRenderer]

    @operation(
        "ask",
        "Ask a question",
        tag="answers",
        scope="ask",
        body=QuestionSerializer,
        returns={(HTTPStatus.OK, NDJSON): EVENTS},
        refusals=(*OF_A_BODY, 404, 429, 503),
    )
    def post(self, request: Request, workspace: str) -> StreamingHttpResponse:
        """Each line of the response is one event of the answer, sent as it becomes known."""
        asked = QuestionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        events = follow_to_the_end(self._opened(request, asked.validated_data), self.rights.scope)
        token_id = request.auth.pk if isinstance(request.auth, ApiToken) else None
        reader = Reader.of(request.user, self.workspace.slug, session_id_of(request), token_id)
        lines = _lines(events, self.rights.scope, reader)
        return streamed(lines, content_type=NDJSON)

    def _opened(self, request: Request, asked: dict[str, Any]) -> str:
        """The id of the answer. Before the response begins, so that its status can tell."""
        try:
            count_question(request.user, request, self.workspace)
            answer = open_answer(
                scope=self.rights.scope,
                workspace=self.workspace,
                asker=asker_of(request.user),
                **asked,
            )
        except ProviderError as error:
            raise CannotSearch(error) from None
        except TooMany as error:
            raise AskedTooOften(error) from None
        return answer.id


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
