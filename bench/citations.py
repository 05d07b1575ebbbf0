"""Does the check of citations tell true sentences from corrupted ones? No database, no network.

`python -m bench.citations [--lexical] [--show KIND]` takes the answers of `anthropic_docs` that
people wrote (paraphrases, cited to the two nearest of the passages judged right) and what the
extractive answerer quotes, and corrupts every sentence in each way that applies to it. It prints
one JSON object: for each kind how many sentences, and the share of each verdict.

- `paraphrase`, `extractive`: untouched; what is not *supported* is a false alarm;
- `number`, `name`, `negation`: one number, one name exchanged, one denial put in or taken out;
- `citation`: the sentence cites a passage of another question; `foreign`: the citation stays and
  the sentence is another question's; `fabricated`: a made-up sentence with the citation.
- `precision`, `recall`: of *not supported* as a finding of corruption, all kinds weighing the same.

`--half tuned|held` asks every other question only: thresholds were chosen on the `tuned` half.
"""

import argparse
import json
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle
from typing import Any, Final

import numpy as np

from bench.quality import DATA, lines
from knowledge.answers.checking import Claim, check_answer
from knowledge.answers.extractive import extract
from knowledge.answers.facts import facts_of
from knowledge.answers.opinions import bundled_opinion
from knowledge.answers.sentences import sentences
from knowledge.chunking import chunk
from knowledge.providers import PromptPassage
from knowledge.providers.local import LocalEmbedder

UNTOUCHED: Final = ("paraphrase", "extractive")
_FABRICATED: Final = (
    "The feature is only available on the Enterprise plan at 49 euros per month.",
    "Results are kept for ninety days and then deleted by a nightly job.",
    "You have to restart the server twice before the change takes effect.",
    "It was developed together with a team of researchers in Helsinki.",
    "Administrators receive an e-mail with a summary every Monday.",
    "The setting is stored in the file config/limits.yaml.",
    "This works in Firefox, but not in older versions of Safari.",
    "A free trial lasts fourteen days and needs no credit card.",
    "Every request is signed with a key that rotates once an hour.",
    "The documentation recommends at least 16 GB of memory for it.",
)
_AUXILIARY: Final = re.compile(
    r"\b(is|are|was|were|can|should|must|will|does|do|may|would|could)\b(?! not|n't)"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the check sees one, and its document."""

    n: int
    breadcrumb: tuple[str, ...]
    text: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence that cites one or two of its passages, and how it was made."""

    kind: str
    text: str
    passages: tuple[Passage, ...]

    @property
    def answer(self) -> str:
        numbers = "".join(f"[{passage.n}]" for passage in self.passages)
        body = self.text.rstrip(" .")
        return f"{body} {numbers}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lexical", action="store_true", help="without the models' opinion")
    parser.add_argument("--half", choices=["tuned", "held"])
    parser.add_argument("--show", metavar="KIND:VERDICT", help="print these sentences instead")
    options = parser.parse_args()
    opinion = None if options.lexical else bundled_opinion(seconds=60)
    started, judged = time.perf_counter(), []
    for case in cases(options.half):
        checked = check_answer(text=case.answer, passages=case.passages, opinion=opinion)
        judged += [(case, claim) for claim in checked.claims]
    if options.show:
        show(judged, options.show)
        return
    milliseconds = (time.perf_counter() - started) * 1000 / len(judged)
    print(json.dumps({"bench": "citations", "half": options.half or "both",
                      "models": not options.lexical, "ms_per_sentence": round(milliseconds, 2),
                      **figures(judged)}))  # fmt: skip


def figures(judged: Sequence[tuple[Case, Claim]]) -> dict[str, Any]:
    """Shares of verdicts by kind; precision and recall of finding what was corrupted."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case, claim in judged:
        counts[case.kind][claim.verdict] += 1
    kinds = {kind: shares(counter) for kind, counter in counts.items()}
    caught = [1 - kinds[kind]["supported"] for kind in kinds if kind not in UNTOUCHED]
    alarms = [1 - kinds[kind]["supported"] for kind in UNTOUCHED]
    recall, alarm = statistics.fmean(caught), statistics.fmean(alarms)
    return {
        "kinds": kinds,
        "recall": round(recall, 3),
        "precision": round(recall / (recall + alarm), 3),
    }


def shares(counter: Counter[str]) -> dict[str, float]:
    total = counter.total()
    verdicts = {
        name: round(counter[name] / total, 3) for name in ("supported", "weak", "unsupported")
    }
    return {"sentences": total, **verdicts}


def show(judged: Sequence[tuple[Case, Claim]], wanted: str) -> None:
    kind, _, verdict = wanted.partition(":")
    for case, claim in judged:
        if case.kind == kind and claim.verdict == verdict:
            print(f"- {case.answer}")


def cases(half: str | None = None) -> Iterator[Case]:
    """Every untouched sentence with its corruptions."""
    originals = [case for case in _originals(half) if sentences(case.text)]
    strangers = cycle(originals[len(originals) // 2 :] + originals[: len(originals) // 2])
    names = cycle(_names(originals))
    fabricated = cycle(_FABRICATED)
    for case in originals:
        yield case
        stranger = next(one for one in strangers if not _shared(one, case))
        yield from _corrupted(case, stranger, names)
        yield replace(case, kind="fabricated", text=next(fabricated))


def _corrupted(case: Case, stranger: Case, names: Iterator[str]) -> Iterator[Case]:
    for kind, text in (
        ("number", _other_number(case.text)),
        ("name", _other_name(case.text, names)),
        ("negation", _negated(case.text)),
        ("foreign", stranger.text),
    ):
        if text != case.text:
            yield replace(case, kind=kind, text=text)
    yield replace(case, kind="citation", passages=stranger.passages)


def _originals(half: str | None) -> Iterator[Case]:
    every = lines(DATA / "anthropic_docs" / "queries.jsonl")
    kept = {"tuned": every[::2], "held": every[1::2], None: every}[half]
    for question in kept:
        passages = _passages(question["correct_chunks"])
        for sentence in sentences(question["answer"]):
            yield Case("paraphrase", sentence.text, _nearest(sentence.text, passages))
        given = [PromptPassage(p.n, p.breadcrumb, p.text) for p in passages]
        for quoted in extract(question["text"], given):
            cited = tuple(p for p in passages if f"[{p.n}]" in quoted)
            yield Case("extractive", re.sub(r" \[\d+\]", "", quoted), cited)


def _passages(ids: Sequence[str]) -> tuple[Passage, ...]:
    corpus = _corpus()
    chunks = [
        one
        for name in dict.fromkeys(ids)
        for one in chunk(corpus[name]["text"], title=corpus[name]["title"])
    ]
    return tuple(Passage(n, one.breadcrumb, one.text, one.start) for n, one in enumerate(chunks, 1))


def _nearest(sentence: str, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    vector = LocalEmbedder().embed_documents([sentence])[0]
    order = np.argsort([-float(_vector(p.text) @ vector) for p in passages], kind="stable")
    return tuple(passages[int(at)] for at in sorted(order[:2]))


@cache
def _vector(text: str) -> Any:
    return LocalEmbedder().embed_documents([text])[0]


@cache
def _corpus() -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in lines(DATA / "anthropic_docs" / "corpus.jsonl")}


def _shared(one: Case, other: Case) -> bool:
    return bool({p.text for p in one.passages} & {p.text for p in other.passages})


def _names(cases: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(name for case in cases for name in _named(case.text)))


def _named(text: str) -> tuple[str, ...]:
    held = facts_of(text)
    return (*held.names, *held.proper)


def _other_number(text: str) -> str:
    return re.sub(r"(?<![\w.,:])\d+(?![\w:.,]*\))", lambda m: str(int(m[0]) + 7), text, count=1)


def _other_name(text: str, names: Iterator[str]) -> str:
    held = _named(text)
    if not held:
        return text
    other = next(name for name in names if name.casefold() not in text.casefold())
    return text.replace(held[0], other)


def _negated(text: str) -> str:
    if re.search(r"\b(?:not|never|no)\b", text):
        return re.sub(r" \b(?:not|never|no)\b", "", text, count=1)
    return _AUXILIARY.sub(r"\1 not", text, count=1)


if __name__ == "__main__":
    main()
