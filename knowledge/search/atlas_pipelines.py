"""What is asked of MongoDB's search nodes: aggregation pipelines, built from a question. Pure.

Whose articles may be found is inside each stage that searches, so that nothing else is ranked.
The indexes that answer are `atlas_indexes.py`; who runs the pipelines is `atlas.py`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId
from django.conf import settings

from kbsite.documents import Document
from kbsite.mongo import pack_vector
from knowledge.models import Status
from knowledge.providers import Vectors
from knowledge.search import terms
from knowledge.search.atlas_indexes import ARTICLES, PASSAGES, vector_index
from knowledge.search.engine import Filters
from knowledge.search.written import telling_words

Pipeline = list[Document]

MAX_CANDIDATES: Final = 10_000
"""The most that `$vectorSearch` takes as numCandidates, and so as limit."""
_FUZZY: Final = {"maxEdits": 1, "prefixLength": 0, "maxExpansions": 50}
# as in the local engine: a misspelt word counts, but the exact spelling wins
_FUZZY_WEIGHT: Final = 0.3
_FUZZY_MIN_CHARS: Final = 4
_TAG_BOOST: Final = 2.0
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Prose:
    path: str
    boost: float = 1.0
    fuzzy: bool = True


# the weights of the local engine, see workspace_index.py
_ARTICLE_FIELDS: Final = (
    _Prose("indexed.title", boost=3.0),
    _Prose("indexed.content"),
    _Prose("summary", fuzzy=False),
)
_PASSAGE_FIELDS: Final = (_Prose("breadcrumb", boost=0.25), _Prose("text"))


def articles(question: str, filters: Filters, *, limit: int) -> Pipeline:
    """Articles by BM25, best first, with `score`; none where nothing is asked, or nowhere."""
    clauses = [*_prose(_ARTICLE_FIELDS, question), *_labels(question)]
    if not clauses or not filters.workspace_ids:
        return []
    return [_search(ARTICLES, clauses, _articles_within(filters)), *_best(limit), _scored()]


def passages(question: str, filters: Filters, *, recipe: str, limit: int) -> Pipeline:
    """Chunks of that recipe by BM25, best first, with `score`; empty as for `articles`."""
    clauses = list(_prose(_PASSAGE_FIELDS, question))
    if not clauses or not filters.workspace_ids:
        return []
    within = _passages_within(filters, recipe)
    return [_search(PASSAGES, clauses, within), *_best(limit), _scored("article_id")]


def nearest(vector: Vectors, filters: Filters, *, recipe: str, limit: int) -> Pipeline:
    """Chunks of that recipe by their cosine to the vector, with `score` = (1 + cosine) / 2."""
    if not filters.workspace_ids:
        return []
    scored = {"article_id": 1, "score": {"$meta": "vectorSearchScore"}}
    return [_vector_search(vector, filters, recipe, limit), {"$project": scored}]


def written(question: str, filters: Filters) -> Pipeline:
    """Those of the question's telling words that an article has, each as `word`, in one answer."""
    if not filters.workspace_ids:
        return []
    within = _articles_within(filters)
    looks = [_look(form, spelt, within) for form, spelt in looked_up(question).items()]
    others = [{"$unionWith": {"coll": "articles", "pipeline": look}} for look in looks[1:]]
    return [*looks[0], *others] if looks else []


def looked_up(question: str) -> dict[str, str]:
    """The telling words that `written` looks for, each with how it is spelt in the question.

    Not those that this module takes for no words, as of some scripts: of them nothing is known.
    """
    found = _WORD.findall(question.lower())
    spelt = {form: word for word in found for form in terms.words().analyze(word)}
    return {form: spelt[form] for form in telling_words(question) if form in spelt}


def fused(
    question: str, vector: Vectors, filters: Filters, *, recipe: str, each: int, limit: int
) -> Pipeline:
    """Both legs on chunks, `each` at most so long, fused by the server (MongoDB 8.1+).

    Without the leg of articles, whose titles weigh more: see `atlas_fusion.py`.
    """
    by_words = passages(question, filters, recipe=recipe, limit=each)
    if not by_words:
        return []
    legs = {
        "near": [_vector_search(vector, filters, recipe, each)],
        # a leg of the server's fusion may select and order, but not change, its documents
        "worded": by_words[:-1],
    }
    return [{"$rankFusion": {"input": {"pipelines": legs}}}, *_best(limit), _fields("article_id")]


def _look(form: str, spelt: str, within: Sequence[Document]) -> Pipeline:
    paths = [*(field.path for field in _ARTICLE_FIELDS), {"value": "tags", "multi": "label"}]
    clauses = [{"text": {"path": path, "query": spelt}} for path in paths]
    project = {"$project": {"_id": 0, "word": {"$literal": form}}}
    return [_search(ARTICLES, clauses, within), *_best(1), project]


def _search(index: str, clauses: Sequence[Document], within: Sequence[Document]) -> Document:
    # beside a filter, clauses would be optional without the minimum
    compound = {"should": list(clauses), "minimumShouldMatch": 1, "filter": list(within)}
    return {"$search": {"index": index, "compound": compound}}


def _vector_search(vector: Vectors, filters: Filters, recipe: str, limit: int) -> Document:
    limit = min(limit, MAX_CANDIDATES)
    return {
        "$vectorSearch": {
            "index": vector_index(len(vector)),
            "path": "embedding",
            "queryVector": pack_vector(vector),
            "numCandidates": max(limit, settings.SEARCH_SEMANTIC_CANDIDATES),
            "limit": limit,
            "filter": _near_within(filters, recipe),
        }
    }


def _best(limit: int) -> Pipeline:
    return [{"$limit": limit}]


def _scored(*names: str) -> Document:
    return {"$project": {**dict.fromkeys(names, 1), "score": {"$meta": "searchScore"}}}


def _fields(*names: str) -> Document:
    return {"$project": dict.fromkeys(names, 1)}


def _prose(fields: Sequence[_Prose], question: str) -> Iterator[Document]:
    words = _words(question)
    misspelt = [word for word in words if len(word) >= _FUZZY_MIN_CHARS]
    for field in fields:
        if words:
            yield _text(field.path, " ".join(words), field.boost)
        if field.fuzzy and misspelt:
            # unstemmed: stemming hides what was typed
            path = {"value": field.path, "multi": "spelt"}
            boost = round(field.boost * _FUZZY_WEIGHT, 3)
            yield _text(path, " ".join(misspelt), boost, fuzzy=_FUZZY)


def _labels(question: str) -> Iterator[Document]:
    """Tags that the question names, whole."""
    if phrases := terms.label_phrases(question):
        yield _text({"value": "tags", "multi": "label"}, phrases, _TAG_BOOST)


def _text(path: Any, query: str | list[str], boost: float, **options: Any) -> Document:
    score = {"boost": {"value": boost}}
    return {"text": {"path": path, "query": query, **options, "score": score}}


def _words(question: str) -> list[str]:
    """The question's telling words as they are spelt: the server's analyzer keeps accents."""
    telling = set(terms.query_words(question))
    found = dict.fromkeys(_WORD.findall(question.lower()))
    words = [word for word in found if telling & set(terms.words().analyze(word))]
    return words[: terms.MAX_WORDS]


def _articles_within(filters: Filters) -> list[Document]:
    grants = [
        _all_of(_is("workspace_id", ObjectId(one)), _in("visibility", filters.shown(one)))
        for one in filters.workspace_ids
    ]
    within = [_any_of(grants), _is("status", Status.PUBLISHED.value)]
    # what was never indexed has no passages to show, though its tags could match
    within.append({"exists": {"path": "indexed.title"}})
    within += [{"text": {"path": "tags", "query": tag}} for tag in sorted(filters.tags)]
    if filters.category:
        within.append({"text": {"path": "category", "query": filters.category}})
    return within


def _passages_within(filters: Filters, recipe: str) -> list[Document]:
    grants = [
        _all_of(_is("workspace_id", one), _in("visibility", filters.shown(one)))
        for one in filters.workspace_ids
    ]
    within = [_any_of(grants), _is("status", Status.PUBLISHED.value), _is("recipe", recipe)]
    within += [_is("tags", tag) for tag in sorted(filters.tags)]
    if filters.category:
        within.append(_is("category", filters.category))
    return within


def _near_within(filters: Filters, recipe: str) -> Document:
    grants = [
        {"$and": [{"workspace_id": one}, {"visibility": {"$in": sorted(filters.shown(one))}}]}
        for one in filters.workspace_ids
    ]
    within: list[Document] = [{"$or": grants}, {"status": Status.PUBLISHED.value}]
    within += [{"recipe": recipe}, *({"tags": tag} for tag in sorted(filters.tags))]
    if filters.category:
        within.append({"category": filters.category})
    return {"$and": within}


def _is(path: str, value: str | ObjectId) -> Document:
    return {"equals": {"path": path, "value": value}}


def _in(path: str, values: frozenset[str]) -> Document:
    return {"in": {"path": path, "value": sorted(values)}}


def _all_of(*clauses: Document) -> Document:
    return {"compound": {"filter": list(clauses)}}


def _any_of(clauses: Sequence[Document]) -> Document:
    return {"compound": {"should": list(clauses), "minimumShouldMatch": 1}}
