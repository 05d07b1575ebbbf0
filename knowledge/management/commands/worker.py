"""`manage.py worker`: index articles as they are saved; `--drain` stops when none is due."""

import json
import logging
import signal
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from knowledge import providers, recipes
from knowledge.management.manners import give_way
from knowledge.providers import ProviderError
from knowledge.worker import Worker, ask_for_missing, count_failing, count_pending

logger = logging.getLogger(__name__)


def settle_in(worker: Worker) -> None:
    """Make this process one that gives way to others, and that stops cleanly when told to."""
    give_way()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: worker.stop.set())


def check_recipe() -> None:
    """Say so where the searched embedder is not the configured one, and repair what it lacks."""
    active = recipes.settle().active
    if active != providers.embedder().recipe:
        logger.warning("%s", recipes.ADVICE)
    try:
        providers.embedder_of(active)
    except ProviderError as error:
        logger.warning("%s Until it is there, articles are found by their words only.", error)
    else:
        ask_for_missing(active)


class Command(BaseCommand):
    help = "Index pending articles, and go on as articles are saved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drain", action="store_true", help="stop when nothing is left and print a summary"
        )
        parser.add_argument("--json", action="store_true", help="with --drain: summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker()
        settle_in(worker)
        check_recipe()
        try:
            if options["drain"]:
                self._drain(worker, as_json=options["json"])
            else:
                worker.run()
        finally:
            worker.leave()

    def _drain(self, worker: Worker, *, as_json: bool) -> None:
        started = time.monotonic()
        summary = {"articles": 0, "chunks": 0, "embedded": 0}
        progress = tqdm(total=count_pending(), unit="article", disable=not sys.stderr.isatty())
        with progress:
            for _, indexed in worker.drain():
                progress.update()
                summary["articles"] += indexed is not None
                summary["chunks"] += indexed.chunks if indexed else 0
                summary["embedded"] += indexed.embedded if indexed else 0
        worker.sweep()
        summary["failing"] = count_failing()
        self._report({**summary, "seconds": round(time.monotonic() - started, 1)}, as_json=as_json)

    def _report(self, summary: dict[str, float], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(
                "{articles} articles indexed: {chunks} chunks, {embedded} newly embedded, "
                "in {seconds} s; {failing} failing.".format(**summary)
            )
        if summary["failing"]:
            raise CommandError("Some articles cannot be indexed; each says why and is tried again.")
