"""Does an answer notice that its sources do not say what was asked? Without a language model.

`python -m bench.answerability [--half tuned|held] [--save FILE] [--from FILE]` imports this
manual into a throwaway database, asks `bench/sets/docs`, lets the extractive answerer answer and
prints one JSON object. Only questions that search did not refuse by itself are counted: the check
is the last look, after confidence.

- `wrongly_flagged`: share of answerable questions that the answer calls unsure, and `…_right` of
  those alone whose right page is among the sources;
- `flagged`: share of unanswerable ones, by kind (`far`, `near`, `subject`).

`--save` keeps what was found and `--from` reads it again, for trying rules out.
"""

import argparse
import json
import pickle
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.citations import Passage
from bench.database import throwaway_database

ROOT: Final = Path(__file__).parents[1]
SET, MANUAL = ROOT / "bench" / "sets" / "docs", ROOT / "docs"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the passages shown for it and the answer made of them."""

    question: dict[str, Any]
    passages: tuple[Passage, ...]
    answer: str
    confidence: str
    is_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["tuned", "held"])
    parser.add_argument("--save", type=Path)
    parser.add_argument("--from", dest="saved", type=Path)
    options = parser.parse_args()
    asked = pickle.loads(options.saved.read_bytes()) if options.saved else list(ask(options.half))  # noqa: S301
    if options.save:
        options.save.write_bytes(pickle.dumps(asked))
    kept = [one for one in asked if is_in(one.question, options.half)]
    print(json.dumps({"bench": "answerability", "half": options.half or "both", **figures(kept)}))


def is_in(question: dict[str, Any], half: str | None) -> bool:
    return half is None or question.get("held_out", False) == (half == "held")


def figures(asked: Iterable[Asked]) -> dict[str, Any]:
    from knowledge.answers.answerability import answered

    found: dict[str, list[bool]] = defaultdict(list)
    for one in asked:
        if not one.passages:
            continue
        said = answered(question=one.question["text"], text=one.answer, passages=one.passages)
        kind = one.question.get("kind", "answerable")
        found[kind].append(said != "yes")
        if one.is_right and kind == "answerable":
            found["right"].append(said != "yes")
    rates = {kind: round(statistics.fmean(flags), 3) for kind, flags in found.items()}
    return {
        "questions": {kind: len(flags) for kind, flags in found.items()},
        "wrongly_flagged": rates.pop("answerable", None),
        "wrongly_flagged_right": rates.pop("right", None),
        "flagged": rates,
    }


def ask(half: str | None) -> Iterator[Asked]:
    kept = [one for one in lines(SET / "queries.jsonl") if is_in(one, half)]
    with throwaway_database():
        fill()
        yield from answers(kept)


def fill() -> None:
    from django.core.management import call_command

    from knowledge.providers import embedder
    from knowledge.worker import Worker

    call_command(
        "import_markdown", MANUAL, workspace="docs", create=True,
        visibility="public", stdout=sys.stderr,
    )  # fmt: skip
    for _ in Worker(embedder=embedder()).drain():
        pass


def answers(questions: Iterable[dict[str, Any]]) -> Iterator[Asked]:
    from django.contrib.auth.models import AnonymousUser
    from django.test import override_settings

    from knowledge.access import scope_for
    from knowledge.answers.extractive import extract
    from knowledge.models import Article, Workspace
    from knowledge.providers import PromptPassage
    from knowledge.search.retrieve import retrieve

    workspace = Workspace.objects.get(slug="docs")
    paths = {one.pk: one.source_path for one in Article.objects.filter(workspace=workspace)}
    right = judged()
    for question in questions:
        with override_settings(RERANK_BUDGET_MS=60_000):
            found = retrieve(question=question["text"], scope=scope_for(AnonymousUser(), workspace))
        given = [PromptPassage(p.n, p.breadcrumb, p.text, p.relevance) for p in found.passages]
        shown = {paths[p.article_id] for p in found.passages}
        yield Asked(
            question=question,
            passages=tuple(Passage(p.n, p.breadcrumb, p.text, p.start) for p in found.passages),
            answer=" ".join(extract(question["text"], given)),
            confidence=found.confidence,
            is_right=any(path.endswith(name) for path in shown for name in right[question["id"]]),
        )


def judged() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in (SET / "qrels.tsv").read_text().splitlines()[1:]:
        question, document, _ = line.split("\t")
        found[question].add(document)
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    main()
