"""The answers that the site would write from what it shows: their citations, and what they say.

Only questions that the corpus answers are asked. Which passages a sentence may cite is known by
the judgements, which name documents: a passage of a judged document counts as right.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from knowledge.answers.answerers import answerer
from knowledge.answers.checking import Verdict, check_answer
from knowledge.answers.extractive import ExtractiveAnswerer
from knowledge.answers.opinions import bundled_opinion, opinion
from knowledge.answers.prompt import build_prompt
from knowledge.answers.statements import Statement, answer_statements
from knowledge.evaluation.asking import Asked
from knowledge.evaluation.judging import Json
from knowledge.function_words import FUNCTION_WORDS
from knowledge.providers import Answerer, Prompt, PromptPassage
from knowledge.search import terms

Writers = Literal["extractive", "chat", "none"]
WRITERS: Final = ("extractive", "chat", "none")
CONTAINS: Final = 0.6
"""From this share of the reference's words on, an answer counts as containing it."""
_UNLIMITED_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and the answer's Markdown, empty where the site shows no passage; and what the
    site's check says of each of its claims."""

    asked: Asked
    text: str
    verdicts: tuple[Verdict, ...] = ()


def writer(which: Writers) -> Answerer:
    """The site's answerer, or the one that needs no model and costs nothing."""
    return answerer() if which == "chat" else ExtractiveAnswerer()


def write(
    asked: Iterable[Asked], model: Answerer, *, each: Callable[[], object] = lambda: None
) -> list[Answered]:
    """Answer one question after another. Raises `ProviderError`."""
    return asyncio.run(_write(asked, model, each))


def judge_answers(answers: Sequence[Answered], model: str) -> Json:
    """Shares over all sentences, citations and relevant documents, not means of answers' shares.

    As ALCE (Gao et al., EMNLP 2023) names them: precision is of the citations, recall of the
    judged documents that were shown.
    """
    written = [one for one in answers if one.text]
    cited = [_citations(one) for one in written]
    recalls = [_reference_recall(one) for one in answers if one.asked.query.answer]
    marks = [numbered for one in written for numbered in _cites(one)]
    right = [documents & _relevant(one) for one, documents in zip(written, cited, strict=True)]
    shown = [set(one.asked.shown) & _relevant(one) for one in written]
    passages = [right for one in written if _relevant(one) for right in _right_citations(one)]
    return {
        "answerer": model,
        "questions": len(answers),
        "answered": _mean([bool(one.text) for one in answers]),
        "sentences": len(marks),
        "cited_sentences": _mean(marks),
        "citations": len(passages),
        "citation_precision": _mean(passages),
        "relevant_shown": sum(map(len, shown)),
        "citation_recall": _ratio(sum(map(len, right)), sum(map(len, shown))),
        "verdicts": _verdict_shares([verdict for one in written for verdict in one.verdicts]),
        "references": len(recalls),
        "contains_reference": _mean([recall >= CONTAINS for recall in recalls]),
        "reference_recall": _mean(recalls),
        "contains_from": CONTAINS,
    }


def _verdict_shares(verdicts: Sequence[Verdict]) -> Json:
    shares = {name: _mean([one == name for one in verdicts]) for name in get_args(Verdict)}
    return {"claims": len(verdicts), **shares}


def words_of(text: str) -> set[str]:
    """The stems of its words that say something; of a text of function words alone, those."""
    words = set(terms.words().analyze(text))
    return {terms.stem(word) for word in words - FUNCTION_WORDS or words}


async def _write(
    asked: Iterable[Asked], model: Answerer, each: Callable[[], object]
) -> list[Answered]:
    answers = []
    for one in asked:
        text = await _text(model, _prompt(one)) if one.retrieval.passages else ""
        answers.append(Answered(one, text, _verdicts(one, text)))
        each()
    return answers


def _verdicts(asked: Asked, text: str) -> tuple[Verdict, ...]:
    """As readers see them, but with all the time that the check's model wants."""
    judge = bundled_opinion(seconds=_UNLIMITED_SECONDS) if opinion() else None
    checked = check_answer(text=text, passages=asked.retrieval.passages, opinion=judge)
    return tuple(claim.verdict for claim in checked.claims)


async def _text(model: Answerer, prompt: Prompt) -> str:
    return "".join([piece async for piece in model.stream(prompt) if isinstance(piece, str)])


def _prompt(asked: Asked) -> Prompt:
    found = asked.retrieval
    passages = [
        PromptPassage(n=one.n, breadcrumb=one.breadcrumb, text=one.text, relevance=one.relevance)
        for one in found.passages
    ]
    return build_prompt(question=asked.query.text, passages=passages, confidence=found.confidence)


def _cites(one: Answered) -> list[bool]:
    """Whether each sentence cites a passage that was shown."""
    return [bool(statement.citations) for statement in _statements(one)]


def _statements(one: Answered) -> list[Statement]:
    retrieved = [passage.n for passage in one.asked.retrieval.passages]
    return answer_statements(one.text, retrieved=retrieved)


def _numbers(one: Answered) -> list[int]:
    """Of the passages that it cites, ascending, each once."""
    return sorted({number for said in _statements(one) for number in said.citations})


def _right_citations(one: Answered) -> list[bool]:
    """Whether each cited passage is of a document that is judged to answer."""
    relevant, shown = _relevant(one), one.asked.shown
    return [shown[number - 1] in relevant for number in _numbers(one)]


def _citations(one: Answered) -> set[str]:
    shown = one.asked.shown
    return {shown[number - 1] for number in _numbers(one)}


def _relevant(one: Answered) -> set[str]:
    return set(one.asked.query.gains)


def _reference_recall(one: Answered) -> float:
    """The share of the reference's words that the answer has: ROUGE-1 recall on stems."""
    reference = words_of(one.asked.query.answer)
    held = words_of(" ".join(said.text for said in _statements(one))) if one.text else set()
    return len(reference & held) / len(reference) if reference else 0.0


def _mean(values: Sequence[float]) -> float | None:
    return _ratio(sum(values), len(values))


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
