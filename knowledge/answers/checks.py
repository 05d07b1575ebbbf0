"""Checking a whole answer before its `done`: off the event loop, in bounded time, at no risk.

A check that fails or takes too long costs its verdicts and never the answer. What is checked is
`checking` (do the sources say so?) and `answerability` (is it what was asked?).
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from kbsite.documents import AnswerDocument
from knowledge.answers.answerability import Answered, answered
from knowledge.answers.checking import check_answer
from knowledge.answers.events import Json
from knowledge.answers.opinions import opinion
from knowledge.answers.retrieved import retrieval_of

logger = logging.getLogger(__name__)

SECONDS: Final = 4.0
# not the loop's own threads: they render every answer that is being written
_checking: Final = ThreadPoolExecutor(2, thread_name_prefix="answer-check")


@dataclass(frozen=True, slots=True)
class Checks:
    """What the `done` event says of an answer."""

    verdicts: tuple[Json, ...] = ()
    support: tuple[Json, ...] = ()
    answered: Answered | None = None


NOT_CHECKED: Final = Checks()


async def checks_of(answer: AnswerDocument, text: str) -> Checks:
    """The checks of the answer's whole text; none of them where they cannot be made."""
    try:
        async with asyncio.timeout(SECONDS):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(_checking, _checks, answer, text)
    except Exception as error:  # an answer without verdicts is better than none
        logger.warning("answer %s: not checked: %s", answer["_id"], type(error).__name__)
        return NOT_CHECKED


def _checks(answer: AnswerDocument, text: str) -> Checks:
    passages = retrieval_of(answer).passages
    checked = check_answer(text=text, passages=passages, opinion=opinion())
    return Checks(
        verdicts=tuple(checked.verdicts()),
        support=tuple(checked.support()),
        answered=answered(question=answer["question"], text=text, passages=passages),
    )
