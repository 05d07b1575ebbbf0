"""What the OpenAPI schema says about an answer's events. The events are `answers.events`."""

from typing import get_args

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from knowledge.answers.answerability import Answered
from knowledge.answers.checking import Verdict
from knowledge.answers.events import Stopped

NDJSON = "application/x-ndjson"


class PassageSchema(serializers.Serializer[object]):
    n = serializers.IntegerField(help_text="The number that the answer cites it by.")
    article_id = serializers.CharField()
    title = serializers.CharField()
    breadcrumb = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField()
    text = serializers.CharField()
    start = serializers.IntegerField(help_text="Where it starts in that revision's source.")
    end = serializers.IntegerField()
    relevance = serializers.FloatField(min_value=0, max_value=1)
    revision = serializers.IntegerField()
    indexed_at = serializers.DateTimeField()


class PassagesSchema(serializers.Serializer[object]):
    event = serializers.CharField()
    answer_id = serializers.CharField()
    confidence = serializers.ChoiceField(choices=["strong", "weak", "none"])
    confidence_source = serializers.CharField()
    passages = PassageSchema(many=True)
    timings_ms = serializers.DictField(child=serializers.FloatField())
    degraded = serializers.ListField(child=serializers.CharField())


class TokenSchema(serializers.Serializer[object]):
    event = serializers.CharField()
    text = serializers.CharField()


class VerdictSchema(serializers.Serializer[object]):
    start = serializers.IntegerField(help_text="Characters of the answer's Markdown.")
    end = serializers.IntegerField()
    citations = serializers.ListField(child=serializers.IntegerField())
    verdict = serializers.ChoiceField(choices=get_args(Verdict))


class SupportSchema(serializers.Serializer[object]):
    n = serializers.IntegerField(help_text="The passage's number.")
    start = serializers.IntegerField(
        help_text="Characters of the article's source at the passage's revision."
    )
    end = serializers.IntegerField()
    claim = serializers.IntegerField(help_text="Which of the verdicts it bears out, from 0.")


class DoneSchema(serializers.Serializer[object]):
    event = serializers.CharField()
    model = serializers.CharField()
    citations = serializers.ListField(child=serializers.IntegerField())
    verdicts = VerdictSchema(
        many=True,
        help_text="One for each sentence that claims something; empty where none was checked.",
    )
    support = SupportSchema(many=True, help_text="The sentences that bear the answer's out.")
    answered = serializers.ChoiceField(
        choices=get_args(Answered),
        allow_null=True,
        help_text="Whether it says what was asked; null where that was not checked.",
    )
    usage = serializers.DictField(child=serializers.IntegerField())
    timings_ms = serializers.DictField(child=serializers.FloatField())
    stopped = serializers.ChoiceField(
        choices=get_args(Stopped),
        required=False,
        help_text="Why the answer is incomplete; absent where it is whole.",
    )


class ErrorSchema(serializers.Serializer[object]):
    event = serializers.CharField()
    code = serializers.ChoiceField(
        choices=["busy", "model_unavailable", "model_timeout", "too_long", "internal"]
    )
    message = serializers.CharField()


EVENTS = PolymorphicProxySerializer(
    component_name="AnswerEvent",
    serializers={
        "passages": PassagesSchema,
        "token": TokenSchema,
        "done": DoneSchema,
        "error": ErrorSchema,
    },
    resource_type_field_name="event",
)
