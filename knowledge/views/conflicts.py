"""A save that came second: both versions brought together, and what is left to choose.

The form then holds the merged version, and beside it, as `mine_<field>`, what its author had
typed where both had changed it; so every choice can be made again, without JavaScript, and
nothing is lost. How texts are merged is `authoring/merging`; the page is `form_page`.
"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, QueryDict

from knowledge.authoring.bounded import merge_texts
from knowledge.authoring.merging import Choice, Clash, beside, choose, clashes
from knowledge.forms import SHORT_FIELDS, ArticleForm, as_typed
from knowledge.metadata import MAX_TAGS
from knowledge.models import Article, Revision, Visibility
from knowledge.rendering import RenderError

MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FieldClash:
    """A short field that both changed, each value as the form shows it; `raw` as it is sent."""

    name: str
    label: str
    raw: str
    mine: str
    theirs: str
    now: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the page of a conflict shows; `more` counts the clashes that are not in `texts`."""

    fields: list[FieldClash]
    texts: list[Clash]
    more: int
    mine: str
    theirs: str

    @property
    def settled(self) -> bool:
        return not (self.fields or self.texts)


def begin(form: ArticleForm, theirs: Article) -> None:
    """Let the form hold its author's version merged with the stored one, to be saved over it."""
    data = form.data = cast("QueryDict", form.data).copy()
    was, stored = _was(form), as_typed(theirs)
    mine = {name: data.get(name, "") for name in SHORT_FIELDS} | {"content": _text(data)}
    for name in [field for field in data if field.startswith("mine_")]:
        del data[name]
    for name in SHORT_FIELDS:
        merged = _merged(name, was.get(name), mine[name], str(stored[name]))
        if merged is None:
            data[f"mine_{name}"] = mine[name]
        else:
            data[name] = merged
    data["mine_content"] = mine["content"]
    data["content"] = _merged_text(theirs, was.get("revision"), mine["content"])
    data["seen"], data["was"], data["merging"] = str(theirs.version), json.dumps(stored), "1"


def take(form: ArticleForm, theirs: Article, chosen: str) -> None:
    """Follow a button: `<field>:<mine or theirs>`, `text:<…>`, or `<number>:<…>` for a clash."""
    data = form.data = cast("QueryDict", form.data).copy()
    what, _, which = chosen.partition(":")
    if which not in ("mine", "theirs", "both"):
        return
    if what == "text":
        data["content"] = data.get("mine_content", "") if which == "mine" else theirs.content
    elif what in SHORT_FIELDS:
        stored = str(as_typed(theirs)[what])
        data[what] = data.get(f"mine_{what}", "") if which == "mine" else stored
    elif what.isdecimal():
        data["content"] = choose(_text(data), int(what[:5]), cast("Choice", which))


def conflict_of(form: ArticleForm, theirs: Article) -> Conflict:
    """What there is to choose, of a form that `begin` has prepared."""
    data, stored = form.data, as_typed(theirs)
    fields = [
        FieldClash(
            name=name,
            label=str(form[name].label),
            raw=data[f"mine_{name}"],
            mine=_shown(name, data[f"mine_{name}"]),
            theirs=_shown(name, str(stored[name])),
            now=_shown(name, data.get(name, "")),
        )
        for name in SHORT_FIELDS
        if f"mine_{name}" in data
    ]
    texts = clashes(_text(data))
    more = max(0, len(texts) - MAX_SHOWN)
    mine = data.get("mine_content", "")
    return Conflict(fields, texts[:MAX_SHOWN], more, mine, theirs.content)


def chosen_in(request: HttpRequest) -> str:
    """The choice that a button of the conflict's page sent, or nothing."""
    return request.POST.get("use", "")


def _was(form: ArticleForm) -> dict[str, Any]:
    """What the page was opened with, by its own word: it decides only about its own changes."""
    with contextlib.suppress(ValueError, RecursionError):
        if isinstance(was := json.loads(form.data.get("was", "")), dict):
            return was
    return {}


def _text(data: Any) -> str:
    return str(data.get("content", "")).replace("\r\n", "\n").replace("\r", "\n")


def _merged(name: str, was: Any, mine: str, theirs: str) -> str | None:
    """The value that both agree to, or None where both changed it."""
    if mine == theirs or was == mine:
        return theirs
    if was == theirs:
        return mine
    if name == "tags" and isinstance(was, str):
        return _merged_tags(_tags(was), _tags(mine), _tags(theirs))
    return None


def _merged_tags(was: list[str], mine: list[str], theirs: list[str]) -> str | None:
    kept = [tag for tag in theirs if tag in mine or tag not in was]
    tags = kept + [tag for tag in mine if tag not in was and tag not in kept]
    return ", ".join(tags) if len(tags) <= MAX_TAGS else None


def _tags(value: str) -> list[str]:
    return [tag for piece in value.split(",") if (tag := " ".join(piece.split()))]


def _merged_text(theirs: Article, revision: Any, mine: str) -> str:
    base = None
    if isinstance(revision, int) and 0 < revision <= theirs.revision:
        base = Revision.objects.filter(article_id=theirs.pk, number=revision).first()
    if mine == theirs.content or base is None:
        return beside(mine, theirs.content)
    with contextlib.suppress(RenderError):
        return merge_texts(base.content, mine, theirs.content)
    return beside(mine, theirs.content)


def _shown(name: str, value: str) -> str:
    return str(dict(Visibility.choices).get(value, value)) if name == "visibility" else value
