"""Does search find what answers, and refuse what nothing answers? With the site's own models.

`python -m bench.quality` imports the two manuals of `KB_SHARED_DATA` into a throwaway database,
indexes them (some minutes) and prints one JSON object for each:

- `ndcg_10`, `recall_5`: by article. Of `next_docs` any page that answers will do, and the first
  counts; of `anthropic_docs` all judged passages count;
- `kept`: share of answerable questions with at least one passage over CONFIDENCE_WEAK; then the
  share of unanswerable ones that are refused: `refused_far`, `refused_near`, `refused_cross` (the
  questions about the other manual);
- `ms`: median and 95th percentile of a retrieval, reranking included; `degraded`: share so marked.
"""

import json
import math
import os
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.database import throwaway_database

SETS: Final = Path(__file__).parent / "sets"
DATA: Final = Path(
    os.environ.get("KB_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
NAMES: Final = ("anthropic_docs", "next_docs")


@dataclass(frozen=True, slots=True)
class Question:
    """`answers`: source paths; none of an unanswerable question."""

    text: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Source paths of articles in the order found, and how sure the best passage is."""

    question: Question
    found: tuple[str, ...]
    relevance: float
    milliseconds: float
    degraded: bool


def main() -> None:
    if not DATA.exists():
        sys.exit(f"{DATA} is not there: set KB_SHARED_DATA.")
    with throwaway_database():
        fill()
        for name in NAMES:
            print(json.dumps({"bench": "quality", "set": name, **measure(name)}), flush=True)


def fill() -> None:
    """Both manuals, imported and indexed."""
    from django.core.management import call_command

    from knowledge.providers import embedder
    from knowledge.worker import Worker

    call_command(
        "import_markdown", DATA / "next_docs", workspace="next_docs", create=True,
        visibility="public", stdout=sys.stderr,
    )  # fmt: skip
    fill_anthropic_docs()
    for _ in Worker(embedder=embedder()).drain():
        pass


def fill_anthropic_docs() -> None:
    from knowledge.editing import create_article
    from knowledge.models import Workspace

    workspace = Workspace.objects.create(slug="anthropic_docs", name="A", visibility="public")
    for document in lines(DATA / "anthropic_docs" / "corpus.jsonl"):
        create_article(
            workspace=workspace, author=None, title=document["title"], content=document["text"],
            source_path=document["id"], visibility="public", status="published",
        )  # fmt: skip


def measure(name: str) -> dict[str, Any]:
    """All figures of one manual."""
    answerable = ask(name, answerable_questions(name))
    [other] = set(NAMES) - {name}
    cross = [Question(question.text) for question in answerable_questions(other)]
    every = [*answerable, *(crossed := ask(name, cross))]
    times = [asked.milliseconds for asked in every]
    gain = first_gain if name == "next_docs" else graded_gain
    return {
        "questions": len(answerable),
        "ndcg_10": mean(gain(asked) for asked in answerable),
        "recall_5": mean(recall(asked, name) for asked in answerable),
        "kept": mean(is_kept(asked) for asked in answerable),
        "refused_far": mean(not is_kept(one) for one in ask(name, unanswerable(name, "far"))),
        "refused_near": mean(not is_kept(one) for one in ask(name, unanswerable(name, "near"))),
        "refused_cross": mean(not is_kept(one) for one in crossed),
        "ms": [round(statistics.median(times)), round(statistics.quantiles(times, n=20)[-1])],
        "degraded": mean(asked.degraded for asked in every),
    }


def ask(name: str, questions: Sequence[Question]) -> list[Asked]:
    """Every candidate of every question, in order, whatever its relevance."""
    from django.contrib.auth.models import AnonymousUser
    from django.test import override_settings

    from knowledge.access import scope_for
    from knowledge.models import Article, Workspace
    from knowledge.search.retrieve import retrieve

    workspace = Workspace.objects.get(slug=name)
    articles = Article.objects.filter(workspace=workspace).only("source_path")
    paths = {article.pk: article.source_path for article in articles}
    scope = scope_for(AnonymousUser(), workspace)
    asked = []
    with override_settings(CONFIDENCE_WEAK=0.0, SEARCH_PASSAGES=20):
        for question in questions:
            found = retrieve(question=question.text, scope=scope)
            order = dict.fromkeys(paths[passage.article_id] for passage in found.passages)
            best = max((passage.relevance for passage in found.passages), default=0.0)
            took = found.timings_ms["total"]
            asked.append(Asked(question, tuple(order), best, took, bool(found.degraded)))
    return asked


def is_kept(asked: Asked) -> bool:
    from django.conf import settings

    return asked.relevance >= float(settings.CONFIDENCE_WEAK)


def is_right(path: str, question: Question) -> bool:
    return path in question.answers


def first_gain(asked: Asked) -> float:
    """nDCG@10 where one right page is enough."""
    ranks = [n for n, path in enumerate(asked.found[:10], 1) if is_right(path, asked.question)]
    return 1 / math.log2(ranks[0] + 1) if ranks else 0.0


def graded_gain(asked: Asked) -> float:
    """nDCG@10 where every right passage counts."""
    ranks = [n for n, path in enumerate(asked.found[:10], 1) if is_right(path, asked.question)]
    ideal = range(1, min(10, len(asked.question.answers)) + 1)
    return sum(1 / math.log2(n + 1) for n in ranks) / sum(1 / math.log2(n + 1) for n in ideal)


def recall(asked: Asked, name: str) -> float:
    right = sum(is_right(path, asked.question) for path in asked.found[:5])
    return float(right > 0) if name == "next_docs" else right / len(asked.question.answers)


def answerable_questions(name: str) -> list[Question]:
    folder = SETS / name if name == "next_docs" else DATA / name
    judged: dict[str, list[str]] = {}
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        question, document, _ = line.split("\t")
        judged.setdefault(question, []).append(document)
    asked = [one for one in lines(folder / "queries.jsonl") if one["id"] in judged]
    return [Question(one["text"], tuple(judged[one["id"]])) for one in asked]


def unanswerable(name: str, kind: str) -> list[Question]:
    asked = lines(SETS / name / "queries.jsonl")
    return [Question(one["text"]) for one in asked if one.get("kind") == kind]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def mean(values: Iterable[float]) -> float:
    return round(statistics.fmean(values), 3)


if __name__ == "__main__":
    main()
