"""The whole command on a corpus of four documents, with models that only count words."""

import json
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kbsite import mongo
from knowledge import providers
from knowledge.management.commands import evaluate as command
from knowledge.models import Article
from knowledge.search import remembered, running
from tests.fakes.embedder import WordEmbedder

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
DOCUMENTS = {
    "ports": ("Ports", "The port is 8000. Another port is set by PORT."),
    "backups": ("Backups", "The command backup saves the whole database to a file."),
    "hosts": (f"Hosts {HOSTILE}", "Any host may be named. A host is named by HOST."),
    "stars": ("Stars", "A telescope shows the rings of Saturn on a clear night."),
}
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "text": "Which port?", "answer": "The port is 8000."},
    {"id": "q2", "text": "How is the database saved to a file?"},
    {"id": "q3", "text": f"Which host? {HOSTILE}"},
    {"id": "q4", "text": "Who knits cardigans?", "answerable": False, "kind": "far"},
]
QRELS = "q1\tports\t1\nq2\tbackups\t2\nq2\tstars\t1\nq3\tnowhere\t1\nq3\tstars\t1\n"


class WordReranker:
    """The share of the query's words that a text has."""

    recipe, hosted, max_tokens = "words@1", False, 128

    def rerank(self, query: str, texts: Sequence[str], *, deadline: float) -> list[float]:
        asked = set(query.lower().split())
        return [len(asked & set(text.lower().split())) / len(asked) for text in texts]


@pytest.fixture(autouse=True)
def words(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    embedder, reranker = WordEmbedder(), WordReranker()
    monkeypatch.setattr(providers, "embedder", lambda: embedder)
    monkeypatch.setattr(providers, "reranker", lambda: reranker)
    monkeypatch.setattr(providers, "warm", lambda: None)
    remembered.forget()
    yield
    running.stop_engine()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = [{"id": k, "title": t, "text": x} for k, (t, x) in DOCUMENTS.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    (tmp_path / "qrels.tsv").write_text(QRELS)
    return tmp_path


def run(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("evaluate", str(folder), *options, stdout=out)
    return out.getvalue()


def databases() -> list[str]:
    return mongo.client().list_database_names()


def test_it_prints_one_object_that_holds_every_leg_and_leaves_nothing_behind(
    folder: Path, make_article: Callable[..., Article], gave_way: list[bool]
) -> None:
    mine = make_article()
    before = databases()
    result = json.loads(run(folder, "--json"))
    assert (result["dataset"], result["recipe"]) == (folder.name, "words@1")
    assert list(result["legs"]) == ["keyword", "semantic", "fused", "reranked", "final"]
    for figures in result["legs"].values():
        assert set(figures) == {"ndcg@10", "recall@5", "recall@20", "mrr@10", "ci95"}
        low, high = figures["ci95"]["ndcg@10"]
        assert 0 <= low <= figures["ndcg@10"] <= high <= 1
    assert result["legs"]["final"]["recall@20"] > 0
    assert {"embed", "keyword", "semantic", "rerank", "total"} <= set(result["stages_ms"])
    assert result["counts"]["documents"] == 4
    assert result["refusal"]["kinds"]["far"]["unanswerable"] == 1
    assert 0 <= result["refusal"]["auc"] <= 1
    assert result["answers"]["questions"] == 3
    assert "'nowhere'" in result["problems"][0]
    assert databases() == before
    assert gave_way == [True]
    assert Article.objects.get().pk == mine.pk


@pytest.mark.parametrize("failure", [KeyboardInterrupt, providers.ProviderError("Down.", "busy")])
def test_the_database_is_dropped_also_when_it_is_stopped_or_fails(
    folder: Path, failure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = databases()

    def fail(*_: object) -> Any:
        assert len(databases()) == len(before) + 1
        raise failure

    monkeypatch.setattr(command, "ask", fail)
    with pytest.raises(CommandError, match=r"Stopped|Down\."):
        run(folder)
    assert databases() == before


def test_the_report_escapes_whatever_authors_and_readers_wrote(
    folder: Path, tmp_path: Path
) -> None:
    said = run(folder, "--report", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text()
    assert "final" in said
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in page
    assert "https://" not in page
    assert "Should have been found" in page


def test_a_result_against_itself_is_noise_and_against_another_is_not(
    folder: Path, tmp_path: Path
) -> None:
    old = json.loads(run(folder, "--json", "--answers", "none"))
    (tmp_path / "old.json").write_text(json.dumps(old))
    same = json.loads(run(folder, "--json", "--against", str(tmp_path / "old.json")))["against"]
    assert same["questions"] == 4
    assert all(figure["noise"] for leg in same["legs"].values() for figure in leg.values())
    assert same["refusal"].keys() == {"false_answers", "false_refusals"}


def test_what_is_wrong_is_said_before_anything_is_indexed(folder: Path, tmp_path: Path) -> None:
    for options, said in [
        (["--report", "/nowhere/report.html"], "cannot be written"),
        (["--against", str(folder / "qrels.tsv")], "cannot be read as a result"),
        (["--engine", "atlas"], "no search nodes"),
        (["--corpus", str(tmp_path / "none")], "neither a JSON Lines file nor a folder"),
    ]:
        with pytest.raises(CommandError, match=said):
            run(folder, *options)
