"""The API for people: a page of its operations, made from the OpenAPI schema on the server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from markdown_it import MarkdownIt

from kbsite.api.examples import example_text

_MARKDOWN: Final = MarkdownIt("js-default")
WORDS: Final = {"bearerAuth": "a token", "cookieAuth": "a browser that is signed in"}
WORDS_OF_REFRESH: Final = "the refresh cookie"


@dataclass(frozen=True)
class Example:
    media_type: str
    text: str


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    required: bool
    description: str


@dataclass(frozen=True)
class Answer:
    status: int
    phrase: str
    description: str
    example: Example | None

    @property
    def is_refusal(self) -> bool:
        return self.status >= HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: list[str]
    by: str
    scope: str
    parameters: list[Parameter]
    body: list[Example]
    answers: list[Answer]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters, an example, and all that it may answer."""
    return render(request, "api/page.html", {"groups": operations()})


@cache
def operations() -> dict[str, list[Operation]]:
    """The operations by their tag; the schema says the same to everybody, so it is made once."""
    generator: Any = SchemaGenerator
    schema = generator().get_schema(request=None, public=True)
    schemas = schema["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            [tag] = described["tags"]
            groups.setdefault(tag, []).append(_operation(method, path, described, schemas))
    return groups


def _operation(
    method: str, path: str, described: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Operation:
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        paragraphs=[_inline(each) for each in described["description"].split("\n\n")],
        by=_by(described["security"]),
        scope=described.get("x-token-scope", ""),
        parameters=[_parameter(each) for each in described.get("parameters", ())],
        body=list(_examples(described.get("requestBody", {}), schemas)),
        answers=[
            _answer(int(status), answer, schemas)
            for status, answer in sorted(described["responses"].items())
        ],
    )


def _inline(text: str) -> SafeString:
    """Markdown as the schema has it, as HTML: ours, and what looks like a tag stays text."""
    return SafeString(_MARKDOWN.renderInline(text))


def _by(security: list[Mapping[str, Any]]) -> str:
    """Who may, in words."""
    ways = [WORDS.get(name, WORDS_OF_REFRESH) for each in security for name in each]
    if {} in security:
        return "anybody" + (f", or {' or '.join(ways)}" if ways else "")
    return " or ".join(ways)


def _parameter(given: Mapping[str, Any]) -> Parameter:
    description = given.get("description", "")
    required = given.get("required", False)
    return Parameter(given["name"], given["in"], required, _inline(description))


def _answer(status: int, given: Mapping[str, Any], schemas: Mapping[str, Any]) -> Answer:
    """A refusal is the same document whatever it is about, so it is shown once, not here."""
    is_refusal = status >= HTTPStatus.MULTIPLE_CHOICES
    example = None if is_refusal else next(_examples(given, schemas), None)
    return Answer(status, HTTPStatus(status).phrase, _inline(given.get("description", "")), example)


def _examples(given: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Example]:
    for media_type, content in given.get("content", {}).items():
        yield Example(media_type, example_text(media_type, content, schemas))
