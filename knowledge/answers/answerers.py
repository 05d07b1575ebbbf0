"""Which answerer this site uses, and what it is asked for one stored answer."""

from kbsite.documents import AnswerDocument
from knowledge.answers.extractive import ExtractiveAnswerer
from knowledge.answers.limits import MODEL_USED_UP
from knowledge.answers.prompt import build_prompt
from knowledge.providers import Answerer, Prompt, PromptPassage, chat_answerer


def answerer() -> Answerer:
    """The chat model where one is configured, else sentences taken from the sources."""
    return chat_answerer() or ExtractiveAnswerer()


def answerer_of(answer: AnswerDocument) -> Answerer:
    """Who writes one stored answer: none that costs where the language model was used up."""
    used_up = MODEL_USED_UP in answer["retrieval"]["degraded"]
    return ExtractiveAnswerer() if used_up else answerer()


def prompt_of(answer: AnswerDocument) -> Prompt:
    """The prompt for the passages that were retrieved when the answer was opened."""
    retrieval = answer["retrieval"]
    passages = [
        PromptPassage(
            n=p["n"],
            breadcrumb=tuple(p["breadcrumb"]),
            text=p["text"],
            relevance=p["relevance"],
        )
        for p in retrieval["passages"]
    ]
    return build_prompt(
        question=answer["question"], passages=passages, confidence=retrieval["confidence"]
    )
