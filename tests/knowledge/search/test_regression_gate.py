"""A change that makes this manual harder to find, or refuses worse, does not get in unnoticed.

The bundled models order the pages of `docs/` for the questions of `bench/sets/docs`. nDCG@10, and
whether a question got sources that should, are compared with the committed baseline, question by
question. What is held out of tuning is held out here, too: a failure names what got worse.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from knowledge.evaluation import metrics
from knowledge.evaluation.asking import Asked, ask
from knowledge.evaluation.dataset import load
from knowledge.evaluation.judging import scores
from knowledge.evaluation.running import searchable

ROOT: Final = Path(__file__).parents[3]
SET, MANUAL = ROOT / "bench" / "sets" / "docs", ROOT / "docs"
RENEW: Final = (
    "manage.py evaluate bench/sets/docs --corpus docs --json > bench/sets/docs/baseline.json"
)
ENOUGH: Final = 80
"""Questions that both sides know; with fewer, a fall would be hard to tell from noise."""
_NAMED: Final = 8

UNDECIDABLE: Final = "subject"
"""The right page does not say it: no score of a passage refuses that."""

Scores = Mapping[str, float]
QUESTIONS: Final = {
    one["id"]: one
    for one in map(json.loads, (SET / "queries.jsonl").read_text(encoding="utf-8").splitlines())
}


def test_g1_this_manual_is_found_and_others_refused_as_well_as_before(db: None) -> None:
    stored = json.loads((SET / "baseline.json").read_text(encoding="utf-8"))["questions"]
    asked = list(open_questions())
    found = {one.query.id: scores(one)["final"]["ndcg@10"] for one in asked if one.query.judged}
    ranked = {key: one["legs"]["final"]["ndcg@10"] for key, one in stored.items() if one["legs"]}
    decided = {one.query.id: is_right(one.query.id, one.retrieval.confidence) for one in asked}
    before = {key: is_right(key, one["confidence"]) for key, one in stored.items()}
    complaints = (fall("nDCG@10", ranked, found), fall("Right decisions", before, decided))
    if any(complaints):
        pytest.fail("\n".join(complaints), pytrace=False)


def test_a_fall_is_told_from_noise_and_names_what_lost_most() -> None:
    before = dict.fromkeys(list(QUESTIONS)[:100], 0.9)
    noise = {key: 0.9 + (0.1 if n % 2 else -0.1) for n, key in enumerate(before)}
    worse = {key: 0.2 if n % 4 == 0 else 0.9 for n, key in enumerate(before)}
    assert fall("It", before, before) == fall("It", before, noise) == ""
    said = fall("It", before, worse)
    assert f"0.90 -> 0.20  {QUESTIONS['a001']['text']}" in said
    assert RENEW in said
    assert "have to be common" in fall("It", before, dict(list(before.items())[: ENOUGH - 1]))


def test_every_judged_page_exists_and_says_what_the_reference_answer_says() -> None:
    dataset = load(SET, corpus=MANUAL)
    assert dataset.problems == ()
    pages = {path.name: " ".join(path.read_text().split()) for path in MANUAL.glob("*.md")}
    unsaid = [
        f"{query.id} {query.text}: {query.answer}"
        for query in dataset.queries
        if query.answer and not any(query.answer in pages[page] for page in query.gains)
    ]
    assert not unsaid, "\n".join(unsaid)


def open_questions() -> Iterator[Asked]:
    """Those not held out that the site can be right or wrong about, asked anew."""
    dataset = load(SET, corpus=MANUAL)
    chosen = [one for one in dataset.queries if not one.held_out and one.kind != UNDECIDABLE]
    with searchable(dataset) as corpus:
        yield from ask(chosen, corpus)


def is_right(key: str, confidence: str) -> float:
    """1 where it got sources and should, or got none and should not."""
    return float((confidence != "none") == QUESTIONS[key].get("answerable", True))


def fall(what: str, before: Scores, after: Scores) -> str:
    """What got worse, in words; empty where no difference at all is as plausible."""
    common = [key for key in after if key in before]
    if len(common) < ENOUGH:
        return f"{ENOUGH} questions have to be common to set and baseline: {RENEW}"
    change = metrics.paired_difference(
        [before[key] for key in common], [after[key] for key in common]
    )
    if change.high >= 0:
        return ""
    lost = sorted(common, key=lambda key: after[key] - before[key])[:_NAMED]
    named = [f"{before[key]:.2f} -> {after[key]:.2f}  {QUESTIONS[key]['text']}" for key in lost]
    return "\n".join([
        f"{what} of {len(common)} questions about docs/ fell from {change.before:.3f} to "
        f"{change.after:.3f} (95 %: {change.low:+.3f} to {change.high:+.3f}). Lost most:",
        *named,
        f"Where that is wanted, renew the baseline: {RENEW}",
    ])  # fmt: skip
