"""`manage.py evaluate DIR`: arguments in, a result out; the work is `knowledge.evaluation`'s."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from knowledge.evaluation import answers, report, table
from knowledge.evaluation.asking import Asked, ask
from knowledge.evaluation.comparing import compare, read_result
from knowledge.evaluation.dataset import Dataset, load
from knowledge.evaluation.failures import as_command_errors, check_writable
from knowledge.evaluation.judging import Json
from knowledge.evaluation.result import result_of
from knowledge.evaluation.running import ENGINES, bar, searchable
from knowledge.management.manners import give_way


class Command(BaseCommand):
    help = (
        "Measure search and answers on a folder with a corpus, questions and judgements, in a "
        "database of its own that is dropped afterwards. docs/evaluating.md says what the files "
        "hold and how to read the figures."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--corpus", type=Path, help="documents elsewhere: JSON Lines, or a folder of Markdown"
        )
        parser.add_argument(
            "--also",
            type=Path,
            action="append",
            default=[],
            metavar="DIR",
            help="ask the questions of this folder, too; may be repeated",
        )
        parser.add_argument(
            "--held-out",
            choices=("only", "without"),
            help="questions kept from tuning; default all",
        )
        parser.add_argument("--engine", choices=ENGINES, default="local")
        parser.add_argument("--json", action="store_true", help="print the result as one object")
        parser.add_argument("--report", type=Path, metavar="FILE.html", help="write it as a page")
        parser.add_argument(
            "--against", type=Path, metavar="OLD.json", help="say what changed and what is noise"
        )
        parser.add_argument(
            "--answers",
            choices=answers.WRITERS,
            default="extractive",
            help="who answers: `chat` is the site's language model, which may cost money",
        )
        parser.add_argument(
            "--answers-limit", type=int, metavar="N", help="answer only the first N questions"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check_writable(options["report"])
        give_way()
        with as_command_errors():
            old = read_result(options["against"]) if options["against"] else None
            dataset = load(options["folder"], corpus=options["corpus"], also=options["also"])
            if options["held_out"]:
                dataset = dataset.half(held_out=options["held_out"] == "only")
            result, asked = evaluate(dataset, options)
            if old is not None:
                result["against"] = compare(old, result)
        if options["report"]:
            options["report"].write_text(report.page(result, asked), "utf-8")
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.writelines(f"{line}\n" for line in table.lines(result))


def evaluate(dataset: Dataset, options: dict[str, Any]) -> tuple[Json, list[Asked]]:
    """Index, ask, answer, and put together what was measured."""
    with searchable(dataset, engine=options["engine"]) as corpus:
        questions = ask(dataset.queries, corpus)
        asked = list(bar(questions, total=len(dataset.queries), desc="Asking", unit="question"))
        answered = _answers(asked, options["answers"], options["answers_limit"])
        return result_of(dataset, corpus, asked, answered, engine=options["engine"]), asked


def _answers(asked: Sequence[Asked], which: answers.Writers, limit: int | None) -> Json:
    if which == "none":
        return {}
    model = answers.writer(which)
    answerable = [one for one in asked if one.query.covered is True][:limit]
    with bar(total=len(answerable), desc="Answering", unit="answer") as shown:
        written = answers.write(answerable, model, each=shown.update)
    return answers.judge_answers(written, model.model)
