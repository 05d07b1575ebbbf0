"""`manage.py calibrate DIR`: fits how sure the site is to questions with known answers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import audit
from knowledge import recipes
from knowledge.evaluation import calibration_table
from knowledge.evaluation.asking import ask
from knowledge.evaluation.calibrating import Proposal, propose
from knowledge.evaluation.calibration_report import report
from knowledge.evaluation.dataset import Dataset, load
from knowledge.evaluation.failures import as_command_errors, check_writable
from knowledge.evaluation.fitting import TooFewLabels
from knowledge.evaluation.labels import Labelled, label
from knowledge.evaluation.running import ENGINES, EngineName, bar, searchable
from knowledge.management.manners import give_way
from knowledge.search import fits


class Command(BaseCommand):
    help = (
        "Fit how sure the site is to a folder with a corpus, questions and judgements, of which "
        "at least 50 are answerable and 50 are not, and let searches use it. "
        "docs/calibrating.md says what the figures mean."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", nargs="?")
        parser.add_argument(
            "--corpus", type=Path, help="documents elsewhere: JSON Lines, or a folder of Markdown"
        )
        parser.add_argument("--engine", choices=ENGINES, default="local")
        parser.add_argument("--dry-run", action="store_true", help="show it and store nothing")
        parser.add_argument(
            "--force", action="store_true", help="store it even where what is running is better"
        )
        parser.add_argument("--json", action="store_true", help="print the result as one object")
        parser.add_argument("--report", type=Path, metavar="FILE.html")
        parser.add_argument(
            "--reset", action="store_true", help="go back to the shipped constants; takes no DIR"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset"] == bool(options["folder"]):
            raise CommandError("Name a folder to calibrate on, or --reset to forget what was.")
        if options["reset"]:
            self._reset()
            return
        check_writable(options["report"])
        give_way()
        with as_command_errors():
            proposals = _propose(options)
        if options["report"]:
            options["report"].write_text(report(proposals), "utf-8")
        stored = [] if options["dry_run"] else _store(proposals, force=options["force"])
        self._print(proposals, stored, options)

    def _reset(self) -> None:
        gone = [key for key in fits.stored() if fits.reset(key)]
        for key in gone:
            audit.record("calibration.reset", key=key)
            self.stdout.write(f"Back to the shipped constants: {key}")
        if not gone:
            self.stdout.write("Nothing was calibrated: the shipped constants are running.")

    def _print(
        self, proposals: Sequence[Proposal], stored: Sequence[str], options: dict[str, Any]
    ) -> None:
        if options["json"]:
            shown = [{**one.as_json(), "stored": one.key in stored} for one in proposals]
            self.stdout.write(json.dumps({"dataset": proposals[0].quality.dataset, "fits": shown}))
            return
        for one in proposals:
            lines = calibration_table.lines(
                one, stored=one.key in stored, dry_run=options["dry_run"]
            )
            self.stdout.writelines(f"{line}\n" for line in lines)


def _propose(options: dict[str, Any]) -> list[Proposal]:
    dataset = load(options["folder"], corpus=options["corpus"])
    active = recipes.read().active
    labelled = labels_of(dataset, engine=options["engine"])
    try:
        found = propose(labelled, embedder=active, dataset=dataset.name, fits=fits.running())
        return list(found)
    except TooFewLabels as error:
        raise CommandError(str(error)) from None


def labels_of(dataset: Dataset, *, engine: EngineName) -> list[Labelled]:
    """Index the corpus in a database of its own and ask every question."""
    with searchable(dataset, engine=engine) as corpus:
        asked = bar(ask(dataset.queries, corpus), total=len(dataset.queries), desc="Asking")
        return label(asked)


def _store(proposals: Sequence[Proposal], *, force: bool) -> list[str]:
    """The keys of those stored: not of one that is worse than what it would replace."""
    better = [one for one in proposals if force or not one.worse]
    for one in better:
        fits.store(one.key, one.fit, one.quality.as_document())
        audit.record("calibration.store", key=one.key, dataset=one.quality.dataset)
    return [one.key for one in better]
