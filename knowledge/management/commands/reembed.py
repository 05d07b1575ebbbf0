"""`manage.py reembed`: change the embedding model, or go back, while searches go on.

What it does is `knowledge.reembedding`; here is what is said of it.
"""

import signal
import sys
from argparse import ArgumentParser
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pymongo.errors import PyMongoError
from tqdm import tqdm

from accounts import audit
from knowledge import providers, recipes
from knowledge.indexing import BadEmbedding
from knowledge.management.manners import give_way
from knowledge.providers import Embedder, ProviderError
from knowledge.reembedding.copying import copy_missing
from knowledge.reembedding.estimating import Estimate, estimate
from knowledge.reembedding.lease import Lease, Lost, Refused, begin, cancel, check
from knowledge.reembedding.pacing import Pace, Rate
from knowledge.reembedding.switching import drop, switch
from knowledge.search.atlas_indexes import IndexesNotReady
from knowledge.search.preparing import prepare_search

SEARCH_NODES_SECONDS = 3600.0
"""The longest that the switch waits for them to have indexed the new vectors."""
IDLE_ROUNDS = 3
"""In a row in which nothing could be embedded and yet something is missing; one is a late save."""
AGAIN = "What was embedded is kept; run the same command again and it goes on where it was."


def settle_in() -> None:
    """Let searches go first, and end a run that is told to stop as Ctrl-C would."""
    give_way()
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class Command(BaseCommand):
    help = "Embed all articles with another model, then search that one. Searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--recipe", help="default: the one begun, else the configured embedder's")
        what.add_argument(
            "--rollback", action="store_true", help="back to what was searched before"
        )
        what.add_argument("--drop", action="store_true", help="delete the vectors of old models")
        what.add_argument("--status", action="store_true", help="say what is searched, and stop")
        what.add_argument("--cancel", action="store_true", help="end a change that was begun")
        parser.add_argument("--yes", action="store_true", help="do not ask after the estimate")
        parser.add_argument("--rate", type=float, default=0, metavar="N", help="texts a second")
        parser.add_argument("--tokens-per-minute", type=float, default=0, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["status"]:
                self._status()
            elif options["cancel"]:
                self._cancel()
            elif options["drop"]:
                self._drop()
            else:
                self._reembed(_wanted(options), options)
        except (Refused, ProviderError) as error:
            raise CommandError(str(error)) from None

    def _reembed(self, recipe: str, options: dict[str, Any]) -> None:
        embedder, before = providers.embedder_of(recipe), check(recipe).active
        rate = Rate(options["rate"], options["tokens_per_minute"])
        needed = estimate(embedder, active=before, rate=rate)
        self.stdout.write(_described(needed, before, recipe))
        self._confirm(needed, yes=options["yes"])
        settle_in()
        self._embed_and_switch(embedder, rate, needed)
        self.stdout.write(
            f"Searches use {recipe} now; web servers follow within seconds. `--rollback` goes back "
            f"to {before} until `--drop` deletes its vectors."
        )

    def _embed_and_switch(self, embedder: Embedder, rate: Rate, needed: Estimate) -> None:
        lease = begin(embedder.recipe)
        try:
            self._run(embedder, lease, Pace(rate, rest=lease.rest, say=tqdm.write), needed)
        except Lost:
            raise CommandError(f"It was cancelled, or another run took over. {AGAIN}") from None
        except BadEmbedding as error:
            raise CommandError(
                f"{embedder.recipe} cannot be used here: {error}. Name a model whose vectors have "
                f"that length. {AGAIN}"
            ) from None
        except PyMongoError as error:
            raise CommandError(f"MongoDB failed ({type(error).__name__}). {AGAIN}") from None
        except ProviderError as error:
            raise CommandError(f"{error} {AGAIN}") from None
        except IndexesNotReady as error:
            raise CommandError(f"Not searchable yet: {error}. {AGAIN}") from None
        except KeyboardInterrupt:
            raise CommandError(f"Stopped. {AGAIN}", returncode=130) from None
        finally:
            with suppress(PyMongoError):  # it runs out by itself
                lease.release()

    def _run(self, embedder: Embedder, lease: Lease, pace: Pace, needed: Estimate) -> None:
        prepare_search(say=tqdm.write)  # search nodes, where there are some, build meanwhile
        with tqdm(
            total=needed.passages, unit="passage", disable=not sys.stderr.isatty()
        ) as progress:
            idle = 0
            while idle < IDLE_ROUNDS:
                idle += 1
                for stored in copy_missing(embedder, lease=lease, pace=pace):
                    progress.update(stored)
                    idle = 0 if stored else idle
                prepare_search(say=tqdm.write, wait=SEARCH_NODES_SECONDS, keep=lease.renew)
                if switch(lease):
                    audit.record("reembed.switch", recipe=lease.recipe)
                    return
        raise CommandError(
            "Some articles lack passages of the new model, and none could be made from the others. "
            f"Save these articles again, or see the worker's log. {AGAIN}"
        )

    def _confirm(self, needed: Estimate, *, yes: bool) -> None:
        if yes or not needed.texts:
            return
        if not sys.stdin.isatty():
            raise CommandError("Nothing was embedded. Run it with --yes to go ahead.")
        if input("Go ahead? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was embedded.")

    def _status(self) -> None:
        found, configured = recipes.read(), providers.embedder().recipe
        self.stdout.write(f"searched    {found.active}")
        self.stdout.write(f"configured  {configured}")
        if found.next:
            missing = sum(one.missing for one in recipes.incomplete(found.next))
            how = "running" if found.is_held else "not running"
            self.stdout.write(f"next        {found.next}: {_many(missing, 'passage')} to go, {how}")
        if found.previous:
            self.stdout.write(f"previous    {found.previous}: --rollback goes back to it")
        if configured not in (found.active, found.next):
            self.stdout.write(f"Note: {recipes.ADVICE}.")

    def _cancel(self) -> None:
        recipe = cancel()
        if not recipe:
            raise Refused("No change of the embedding model was begun.")
        self.stdout.write(
            f"The change to {recipe} is cancelled; searches go on as before. What was embedded "
            "for it is kept until `--drop`, so beginning again costs only the rest."
        )

    def _drop(self) -> None:
        dropped = 0
        with tqdm(unit="passage", disable=not sys.stderr.isatty()) as progress:
            for deleted in drop():
                progress.update(deleted)
                dropped += deleted
        self.stdout.write(f"{_many(dropped, 'passage')} of old models deleted.")


def _wanted(options: dict[str, Any]) -> str:
    found = recipes.read()
    if options["rollback"]:
        if not found.previous:
            raise Refused("There is nothing to go back to: no old vectors are kept.")
        return found.previous
    return str(options["recipe"] or found.next or providers.embedder().recipe)


def _described(needed: Estimate, before: str, recipe: str) -> str:
    texts = f"{_many(needed.texts, 'different text')} to embed, about {needed.tokens:,} tokens"
    passages = _many(needed.passages, "passage")
    lines = [f"From {before} to {recipe}: {passages} to write, {texts}."]
    if needed.texts:
        lines.append(f"Cost: {_cost(needed.dollars)} Time: {_time(needed.seconds)}")
    return "\n".join(lines)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _cost(dollars: float | None) -> str:
    match dollars:
        case None:
            return "not known for this model."
        case 0:
            return "none, it runs on this machine."
        case _ if dollars < 0.01:
            return "less than a cent at list price."
        case _:
            return f"about ${dollars:,.2f} at list price."


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "shown while it runs."
    return f"about {timedelta(seconds=round(seconds))}."
