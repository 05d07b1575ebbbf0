"""How much of searching one asker may have, and how much of a language model one workspace.

Counted in MongoDB, for pages, API and all processes together. (SECURITY R5)
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from accounts.throttling import DAY, HOUR, MINUTE, Rule, TooMany, count
from accounts.visits import Visit
from knowledge.access import Person
from knowledge.models import Workspace

MODEL_USED_UP: Final = "model_used_up"
"""What a retrieval's `degraded` says where the language model may write no more for now."""


def count_question(person: Person, request: HttpRequest, workspace: Workspace) -> None:
    """Count a question. Raises `TooMany`, and then nothing is to be searched for.

    A visitor is their network: a cookie is thrown away at will.
    """
    # by default an answer every three seconds, and 200 an hour: nobody reads so fast, even without
    # scripts, where each question counts twice
    most = ((settings.QUESTIONS_PER_MINUTE, MINUTE), (settings.QUESTIONS_PER_HOUR, HOUR))
    asker = str(person.pk) if person.is_authenticated else Visit.of(request).network
    count(Rule("questions", most), (asker, str(workspace.pk)))


def may_use_model(workspace: Workspace) -> bool:
    """Count an answer that the language model is about to write; False where it may not."""
    if not settings.MODEL_ANSWERS_PER_DAY:
        return True
    try:
        count(Rule("model_answers", ((settings.MODEL_ANSWERS_PER_DAY, DAY),)), workspace.pk)
    except TooMany:
        return False
    return True
