"""A change that makes this manual harder to find does not get in unnoticed.

The bundled models order the pages of `docs/` for the questions of `bench/sets/docs`, and nDCG@10 is
compared with that of the committed baseline, question by question. What is held out of tuning is
held out here, too: a failure names what got worse.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from knowledge.evaluation import metrics
from knowledge.evaluation.asking import ask
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

Ndcg = Mapping[str, float]
QUESTIONS: Final = {
    one["id"]: one
    for one in map(json.loads, (SET / "queries.jsonl").read_text(encoding="utf-8").splitlines())
}


def test_g1_this_manual_is_found_as_well_as_before(db: None) -> None:
    if complaint := fall(baseline(), measured()):
        pytest.fail(complaint, pytrace=False)


def test_a_fall_is_told_from_noise_and_names_what_lost_most() -> None:
    before = dict.fromkeys(list(QUESTIONS)[:100], 0.9)
    noise = {key: 0.9 + (0.1 if n % 2 else -0.1) for n, key in enumerate(before)}
    worse = {key: 0.2 if n % 4 == 0 else 0.9 for n, key in enumerate(before)}
    assert fall(before, before) == fall(before, noise) == ""
    said = fall(before, worse)
    assert f"0.90 -> 0.20  {QUESTIONS['a001']['text']}" in said
    assert RENEW in said
    assert "have to be common" in fall(before, dict(list(before.items())[: ENOUGH - 1]))


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


def measured() -> Ndcg:
    """nDCG@10 of the final order, for each question that is judged and not held out."""
    dataset = load(SET, corpus=MANUAL)
    open_ones = [
        query for query in dataset.queries if query.judged and "held_out" not in QUESTIONS[query.id]
    ]
    with searchable(dataset) as corpus:
        return {one.query.id: scores(one)["final"]["ndcg@10"] for one in ask(open_ones, corpus)}


def baseline() -> Ndcg:
    """What `RENEW` measured when it was last run."""
    questions = json.loads((SET / "baseline.json").read_text(encoding="utf-8"))["questions"]
    return {key: one["legs"]["final"]["ndcg@10"] for key, one in questions.items() if one["legs"]}


def fall(before: Ndcg, after: Ndcg) -> str:
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
        f"nDCG@10 of {len(common)} questions about docs/ fell from {change.before:.3f} to "
        f"{change.after:.3f} (95 %: {change.low:+.3f} to {change.high:+.3f}). Lost most:",
        *named,
        f"Where that is wanted, renew the baseline: {RENEW}",
    ])  # fmt: skip
