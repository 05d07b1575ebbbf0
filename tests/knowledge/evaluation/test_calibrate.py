"""`manage.py calibrate`: from a folder to the relevances of the running site."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kbsite import mongo
from knowledge import providers
from knowledge.evaluation import fitting, metrics
from knowledge.evaluation.labels import Labelled
from knowledge.evaluation.quality import read_quality
from knowledge.management.commands import calibrate
from knowledge.search import fits, remembered, running
from knowledge.search.calibration import SHIPPED, Fit, Signals
from tests.fakes.embedder import WordEmbedder

KEY = "words@1|none"
THINGS = ("kettle", "lamp", "ladder", "garden", "violin", "harbour", "pencil", "anchor")
Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight documents, 56 questions about them, and 56 about nothing in them."""
    documents = [
        {"id": thing, "title": thing, "text": f"The {thing} is kept in room {n}."}
        for n, thing in enumerate(THINGS)
    ]
    asked = [f"{thing} room {n}" for thing in THINGS for n in range(7)]
    queries = [
        *({"id": f"a{n}", "text": text} for n, text in enumerate(asked)),
        *(
            {"id": f"u{n}", "text": f"planet {n}", "answerable": False, "kind": "far"}
            for n in range(56)
        ),
    ]
    judged = [f"a{n}\t{text.split()[0]}\t1" for n, text in enumerate(asked)]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (tmp_path / "qrels.tsv").write_text("\n".join(judged))
    return tmp_path


def labelled(covered: int = 60, others: int = 60) -> list[Labelled]:
    """Questions whose first passage is the right one where there is any, and looks like it."""
    near, far = Signals(cosine=0.8, words=0.7), Signals(cosine=0.2, words=0.4)
    return [
        *[Labelled(True, "", (near, far), (True, False))] * covered,
        *[Labelled(False, "far", (far, far), (False, False))] * others,
    ]


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on a site whose embedder knows words and which has no reranker."""
    embedder = WordEmbedder()
    monkeypatch.setattr(providers, "embedder", lambda: embedder)
    monkeypatch.setattr(providers, "reranker", lambda: None)
    monkeypatch.setattr(providers, "warm", lambda: None)
    monkeypatch.setattr(metrics, "RESAMPLES", 200)

    def call(*arguments: object) -> str:
        out = StringIO()
        call_command("calibrate", *map(str, arguments), stdout=out)
        return out.getvalue()

    return call


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Labelled]], None]:
    """Let these be the labels, whatever the folder holds."""

    def give(some: list[Labelled]) -> None:
        monkeypatch.setattr(calibrate, "labels_of", lambda *_, **__: some)

    return give


def test_a_fit_to_a_folder_is_stored_and_searches_use_it_at_once(run: Run, folder: Path) -> None:
    remembered.forget()
    assert "Stored" in run(folder)
    running.stop_engine()
    own = fits.stored()[KEY]
    assert fits.running()[KEY] == own.fit
    quality = read_quality(own.about)
    assert quality is not None
    assert (quality.dataset, quality.answerable, quality.unanswerable) == (folder.name, 56, 56)
    assert quality.kept > 0.9
    assert quality.passed < 0.1


def test_a_reset_goes_back_to_the_shipped_fits(run: Run) -> None:
    fits.store(KEY, Fit({"cosine": 2.0}), {})
    assert run("--reset").startswith("Back to the shipped constants")
    assert fits.running() == SHIPPED
    assert "the shipped constants are running" in run("--reset")


def test_a_dry_run_says_all_and_stores_nothing(
    run: Run, folder: Path, tmp_path: Path, asked: Callable[..., None]
) -> None:
    asked(labelled())
    page = tmp_path / "report.html"
    said = json.loads(run(folder, "--dry-run", "--json", "--report", page))
    [proposed] = said["fits"]
    assert (said["dataset"], proposed["key"], proposed["stored"]) == (folder.name, KEY, False)
    assert [group["name"] for group in proposed["fitted"]["groups"]] == ["answerable", "far"]
    assert proposed["fitted"]["error"].keys() == {"error", "low", "high", "perfect"}
    assert "<svg" in page.read_text()
    assert mongo.site_settings().count_documents({}) == 0


def test_what_is_worse_than_what_is_running_is_not_stored(
    run: Run, folder: Path, asked: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(labelled())
    good, bad = Fit({"cosine": 3.0}), Fit({"cosine": -9.0})
    fits.store(KEY, good, {})
    monkeypatch.setattr(fitting, "fit", lambda some: bad)
    assert "what is running is better" in run(folder)
    assert fits.stored()[KEY].fit == good
    assert "Stored" in run(folder, "--force")
    assert fits.stored()[KEY].fit == bad


def test_too_few_labels_change_nothing_and_say_how_many_it_takes(
    run: Run, folder: Path, asked: Callable[..., None]
) -> None:
    asked(labelled(others=44))
    with pytest.raises(CommandError, match=r"44 unanswerable .* at least 50"):
        run(folder)
    assert fits.stored() == {}


def test_a_report_that_cannot_be_written_is_said_before_the_work(run: Run, folder: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run(folder, "--report", folder)
    assert fits.stored() == {}


@pytest.mark.parametrize("arguments", [[], ["--reset", "somewhere"]])
def test_it_takes_a_folder_or_a_reset(run: Run, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="--reset"):
        run(*arguments)
