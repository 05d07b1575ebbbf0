"""A BM25 index in memory over one workspace's articles, or over its chunks.

It is written by one thread at a time and read through `TermReader`, which sees the index as it
was when the reader was made. Scores stay here: what comes out is in order, best first,
with shares of the best score.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from tantivy import Document, Index, IndexWriter, Occur, Query, Schema, SchemaBuilder, Searcher

from knowledge.search import terms

# tantivy's own minimum is 15 MB for each writing thread
_WRITER_BYTES: Final = 32_000_000
# a fuzzy clause scores a constant 1, an exact one usually more: exact spelling wins
_FUZZY_BOOST: Final = 0.3
_FUZZY_MIN_CHARS: Final = 4
_TAG_BOOST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Field:
    """A prose field: its weight, and whether a word may be misspelt by one edit."""

    name: str
    boost: float = 1.0
    fuzzy: bool = True

    @property
    def spelt(self) -> str:
        """The twin field that holds the words unstemmed: stemming hides what was typed."""
        return f"{self.name}_spelt"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to index: `key` comes back from a search, `owner` removes it."""

    key: str
    owner: str
    prose: dict[str, str]
    visibility: str
    tags: frozenset[str]
    category: str


class Match(NamedTuple):
    """An entry's key, and its score as a share of the best one's."""

    key: str
    strength: float


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The filter of one search in one workspace, applied inside the index."""

    visibilities: frozenset[str]
    tags: frozenset[str]
    category: str


class TermIndex:
    """The writing side."""

    def __init__(self, fields: Collection[Field], *, tagged: bool) -> None:
        self._fields = tuple(fields)
        self._tagged = tagged
        self._schema = _schema(self._fields)
        self._index = Index(self._schema)
        self._index.register_tokenizer("prose", terms.prose())
        self._index.register_tokenizer("words", terms.words())
        self._visibilities: set[str] = set()

    @contextmanager
    def changing(self) -> Iterator["TermWriter"]:
        """All that is written meanwhile, as one change; readers made earlier see none of it."""
        # one thread: with more, which of two equal entries comes first would be chance
        writer = self._index.writer(_WRITER_BYTES, 1)
        yield TermWriter(writer, self._fields, self._visibilities)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def reader(self) -> "TermReader":
        return TermReader(
            self._schema,
            self._index.searcher(),
            self._fields,
            self._tagged,
            frozenset(self._visibilities),
        )


@dataclass(frozen=True, slots=True)
class TermWriter:
    """What is done to an index while it is changing."""

    writer: IndexWriter
    fields: tuple[Field, ...]
    visibilities: set[str]

    def write(self, *, remove: Iterable[str], add: Iterable[Entry]) -> None:
        """Remove everything of these owners, then add."""
        for owner in remove:
            self.writer.delete_documents_by_term("owner", owner)
        for entry in add:
            self.writer.add_document(_document(entry, self.fields))
            self.visibilities.add(entry.visibility)


@dataclass(frozen=True, slots=True)
class TermReader:
    """The reading side: safe in any thread, for as long as it is kept.

    `visibilities` are those that any entry has, or had.
    """

    schema: Schema
    searcher: Searcher
    fields: tuple[Field, ...]
    tagged: bool
    visibilities: frozenset[str]

    def search(self, question: str, narrowing: Narrowing, limit: int) -> list[Match]:
        """The entries that match any word, best first."""
        # the filters score nothing, so the order is that of the words alone
        filters = [Query.const_score_query(one, 0.0) for one in self._filters(narrowing)]
        clauses = list(self._clauses(question, filters))
        if not clauses:
            return []
        matching = Query.boolean_query([(Occur.Should, clause) for clause in clauses])
        hits = self.searcher.search(_within(matching, filters), limit, count=False).hits
        best = max((score for score, _ in hits), default=0.0) or 1.0
        return [
            Match(str(self.searcher.doc(address).get_first("key")), score / best)
            for score, address in hits
        ]

    def _clauses(self, question: str, filters: Sequence[Query]) -> Iterator[Query]:
        for word in terms.query_words(question):
            term = terms.stem(word)
            known = [one for one in self.fields if self._is_written(one.name, term, filters)]
            for field in known:
                exact = Query.term_query(self.schema, field.name, term)
                yield Query.boost_query(exact, field.boost)
            if not known:
                yield from self._misspelt(word)
        if self.tagged:
            yield from self._labels(question)

    def written(self, words: Iterable[str], narrowing: Narrowing) -> set[str]:
        """Those of the words that any entry has, in any form of theirs or as a tag."""
        filters = [Query.const_score_query(one, 0.0) for one in self._filters(narrowing)]
        terms_of = {word: terms.stem(word) for word in words}
        return {
            word
            for word, term in terms_of.items()
            if any(self._is_written(field.name, term, filters) for field in self.fields)
            or (self.tagged and self._is_written("label", word, filters))
        }

    def _is_written(self, field: str, term: str, filters: Sequence[Query]) -> bool:
        """Whether the word stands in what may be found; what is hidden must not tell. (T4)"""
        if not self.searcher.doc_freq(field, term):
            return False
        if not filters:
            return True
        written = _within(Query.term_query(self.schema, field, term), filters)
        return bool(self.searcher.search(written, 1, count=False).hits)

    def _misspelt(self, word: str) -> Iterator[Query]:
        """A word that nobody wrote, as the words one edit away from it."""
        if len(word) < _FUZZY_MIN_CHARS:
            return
        for field in self.fields:
            if field.fuzzy:
                near = Query.fuzzy_term_query(self.schema, field.spelt, word, 1)
                yield Query.boost_query(near, field.boost * _FUZZY_BOOST)

    def _labels(self, question: str) -> Iterator[Query]:
        for phrase in terms.label_phrases(question):
            if self.searcher.doc_freq("label", phrase):
                exact = Query.term_query(self.schema, "label", phrase)
                yield Query.boost_query(exact, _TAG_BOOST)

    def _filters(self, narrowing: Narrowing) -> Iterator[Query]:
        # where all is granted there is nothing to filter, and tantivy can skip most entries
        if not self.visibilities <= narrowing.visibilities:
            yield Query.boolean_query(
                [(Occur.Should, self._is("visibility", one)) for one in narrowing.visibilities]
            )
        for tag in narrowing.tags:
            yield self._is("tag", tag)
        if narrowing.category:
            yield self._is("category", narrowing.category)

    def _is(self, field: str, value: str) -> Query:
        return Query.term_query(self.schema, field, value, "basic")


def _within(query: Query, filters: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, part) for part in (query, *filters)])


def _schema(fields: Iterable[Field]) -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("owner", "visibility", "tag", "label", "category"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for field in fields:
        builder.add_text_field(field.name, tokenizer_name="prose", index_option="freq")
        if field.fuzzy:
            builder.add_text_field(field.spelt, tokenizer_name="words", index_option="basic")
    return builder.build()


def _document(entry: Entry, fields: Iterable[Field]) -> Document:
    document = Document()
    document.add_text("key", entry.key)
    document.add_text("owner", entry.owner)
    document.add_text("visibility", entry.visibility)
    document.add_text("category", entry.category)
    for tag in entry.tags:
        document.add_text("tag", tag)
        document.add_text("label", terms.label(tag))
    for field in fields:
        document.add_text(field.name, entry.prose[field.name])
        if field.fuzzy:
            document.add_text(field.spelt, entry.prose[field.name])
    return document
