"""A folder to evaluate on: documents, questions, and who judged which document to answer what.

`corpus.jsonl` {id, title, text}, or Markdown files whose ids are their paths below the folder;
`queries.jsonl` {id, text} with optional `answer` (a reference), `answerable` (false where nothing
in the corpus answers), `kind` (a label to report apart), `any` (true where one of the judged
documents is enough), and `held_out` (true where it is kept from tuning); `qrels.tsv`, query,
document and grade, with or without a header, or with TREC's four columns. Other keys are left
alone. The corpus is read twice and never held.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from knowledge.evaluation.records import DatasetError, lines, record_id, record_text, records
from knowledge.transfer.markdown_files import (
    CannotRead,
    MarkdownFile,
    Page,
    find_files,
    page_of_converted,
    read_page,
)

CORPUS: Final = "corpus.jsonl"
CORPUS_FOLDER: Final = "corpus"
QUERIES: Final = "queries.jsonl"
QRELS: Final = "qrels.tsv"
_COLUMNS: Final = (3, 4)
_SHOWN_IDS: Final = 3


@dataclass(frozen=True, slots=True)
class Query:
    """A question. `gains` are the grades of its judged documents, over 0; most have one of 1.

    `answerable` is None where nobody said.
    """

    id: str
    text: str
    answer: str = ""
    answerable: bool | None = None
    kind: str = ""
    any: bool = False
    held_out: bool = False
    gains: Mapping[str, float] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether it can be said how good a ranking for it is."""
        return self.answerable is not False and bool(self.gains)

    @property
    def covered(self) -> bool | None:
        """Whether the corpus answers it; None where nothing says so."""
        if self.answerable is not None:
            return self.answerable
        return True if self.gains or self.answer else None


@dataclass(frozen=True, slots=True)
class Document:
    """One document as an article would hold it; `page` is None where none can, for `problem`."""

    id: str
    page: Page | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What to evaluate on. `corpus` is a JSON Lines file or a folder of Markdown.

    `problems` are sentences about what could not be used, none of which keeps it from running.
    """

    name: str
    corpus: Path
    size: int
    queries: tuple[Query, ...]
    problems: tuple[str, ...] = ()

    def half(self, *, held_out: bool) -> "Dataset":
        """With those questions only that are held out of tuning, or without them."""
        kept = tuple(query for query in self.queries if query.held_out == held_out)
        if not any(query.judged or query.covered is False for query in kept):
            raise DatasetError(f"{self.name}: no question is left of that half.")
        return replace(self, queries=kept)

    def documents(self) -> Iterator[Document]:
        """Each document, read as it is asked for."""
        if self.corpus.is_dir():
            yield from map(_from_file, find_files(self.corpus))
        else:
            for where, record in records(self.corpus):
                yield _from_record(where, record)


def load(folder: Path, *, corpus: Path | None = None, also: Sequence[Path] = ()) -> Dataset:
    """Read and check the folder. Raises `DatasetError`.

    `corpus` names documents elsewhere; the folders `also` hold further questions about them.
    """
    for one in (folder, *also):
        if not one.is_dir():
            raise DatasetError(f"{one} is not a folder.")
    documents = _corpus_of(folder, corpus)
    known = _ids(documents)
    queries: dict[str, Query] = {}
    problems: list[str] = []
    for one in (folder, *also):
        asked = _queries(one / QUERIES, taken=queries)
        judgements, unknown = _judgements(one / QRELS, documents, known, asked)
        problems += unknown
        queries |= {key: replace(q, gains=judgements.get(key, {})) for key, q in asked.items()}
    if not any(query.judged or query.covered is False for query in queries.values()):
        raise DatasetError(f"{folder}: no question is judged in {QRELS}, and none unanswerable.")
    return Dataset(
        name=folder.resolve().name,
        corpus=documents,
        size=len(known),
        queries=tuple(queries.values()),
        problems=tuple(problems + _unjudged(queries.values())),
    )


def _corpus_of(folder: Path, given: Path | None) -> Path:
    for path in [given] if given else [folder / CORPUS, folder / CORPUS_FOLDER, folder]:
        if path.is_file() or (path.is_dir() and find_files(path)):
            return path
    if given:
        raise DatasetError(f"{given} is neither a JSON Lines file nor a folder with Markdown.")
    raise DatasetError(f"{folder} has neither {CORPUS} nor Markdown files; --corpus can name them.")


def _ids(corpus: Path) -> frozenset[str]:
    """Every document's id, each checked. Raises `DatasetError`."""
    if corpus.is_dir():
        return frozenset(file.relative for file in find_files(corpus))
    seen: set[str] = set()
    for where, record in records(corpus):
        key = record_id(where, record)
        if key in seen:
            raise DatasetError(f"{where}: the id {key!r} was used before.")
        record_text(where, record, "text")
        seen.add(key)
    if not seen:
        raise DatasetError(f"{corpus.name} holds no document.")
    return frozenset(seen)


def _from_file(file: MarkdownFile) -> Document:
    try:
        return Document(file.relative, read_page(file))
    except CannotRead as error:
        return Document(file.relative, None, f"{file.shown}: {error}")


def _from_record(where: str, record: Mapping[str, Any]) -> Document:
    key = record_id(where, record)
    title = record_text(where, record, "title") if record.get("title") is not None else ""
    try:
        return Document(key, page_of_converted(record["text"], key, title, ""))
    except CannotRead as error:
        return Document(key, None, f"{where}: {error}")


def _queries(path: Path, *, taken: Collection[str]) -> dict[str, Query]:
    if not path.is_file():
        raise DatasetError(f"{path} is not there: it holds the questions, a line of JSON each.")
    found: dict[str, Query] = {}
    for where, record in records(path):
        query = _query(where, record)
        if query.id in found or query.id in taken:
            raise DatasetError(f"{where}: the id {query.id!r} was used before.")
        found[query.id] = query
    if not found:
        raise DatasetError(f"{path.name} holds no question.")
    return found


def _query(where: str, record: Mapping[str, Any]) -> Query:
    text = record_text(where, record, "text")
    if not text.strip():
        raise DatasetError(f'{where}: "text" is empty.')
    for key in ("answerable", "any", "held_out"):
        if not isinstance(record.get(key), bool | None):
            raise DatasetError(f'{where}: "{key}" must be true or false.')
    return Query(
        id=record_id(where, record),
        text=text,
        answer=record_text(where, record, "answer") if record.get("answer") else "",
        answerable=record.get("answerable"),
        kind=record_text(where, record, "kind") if record.get("kind") else "",
        any=bool(record.get("any")),
        held_out=bool(record.get("held_out")),
    )


def _judgements(
    path: Path, corpus: Path, known: frozenset[str], queries: Mapping[str, Query]
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Grades over 0 by query and document, and what names nothing that is there."""
    judged: dict[str, dict[str, float]] = {}
    strangers: dict[str, dict[str, None]] = {"questions": {}, "documents": {}}
    for query_id, named, grade in _rows(path) if path.is_file() else ():
        # an id may also be written as the path from the folder that holds the corpus
        document = named if named in known else named.removeprefix(f"{corpus.name}/")
        if query_id not in queries:
            strangers["questions"][query_id] = None
        elif document not in known:
            strangers["documents"][named] = None
        elif grade > 0:
            gains = judged.setdefault(query_id, {})
            gains[document] = max(grade, gains.get(document, 0.0))
    return judged, [
        f"{path.name}: judgements name {len(ids)} {what} that are not there: {_some(ids)}."
        for what, ids in strangers.items()
        if ids
    ]


def _rows(path: Path) -> Iterator[tuple[str, str, float]]:
    for number, line in lines(path):
        where = f"{path.name}, line {number}"
        cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        if len(cells) not in _COLUMNS:
            raise DatasetError(f"{where}: {len(cells)} columns instead of 3, or of TREC's 4.")
        try:
            yield cells[0], cells[-2], float(cells[-1])
        except ValueError:
            if number > 1:
                raise DatasetError(f"{where}: the grade {cells[-1]!r} is no number.") from None


def _unjudged(queries: Iterable[Query]) -> list[str]:
    without = [query.id for query in queries if query.covered is not False and not query.gains]
    if not without:
        return []
    return [
        f"{QUERIES}: {len(without)} questions have no judged document, so no ranking of them is "
        f"measured: {_some(without)}."
    ]


def _some(ids: Any) -> str:
    shown = [repr(one) for one in ids][:_SHOWN_IDS]
    return ", ".join(shown) + (", …" if len(ids) > _SHOWN_IDS else "")
