import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.evaluation.dataset import load
from knowledge.evaluation.records import DatasetError

Write = Callable[..., Path]
DOCUMENTS = [
    {"id": "ports", "title": "Ports", "text": "The port is 8000."},
    {"id": "hosts", "title": "Hosts", "text": "Any host will do."},
]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "text": "Which port?", "answer": "8000", "note": "kept by somebody else"},
    {"id": "q2", "text": "Which star?", "answerable": False, "kind": "far"},
]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Make a folder; each file is lines of JSON or the text that is given."""

    def make(**files: Any) -> Path:
        files = {"corpus": DOCUMENTS, "queries": QUESTIONS, "qrels": "q1\tports\t1\n", **files}
        for name, content in files.items():
            suffix = "tsv" if name == "qrels" else "jsonl"
            text = content if isinstance(content, str) else "\n".join(map(json.dumps, content))
            (tmp_path / f"{name}.{suffix}").write_text(text)
        return tmp_path

    return make


def gains(folder: Path, query: str = "q1") -> dict[str, float]:
    return next(dict(one.gains) for one in load(folder).queries if one.id == query)


def test_documents_questions_and_judgements_are_read(write: Write) -> None:
    dataset = load(write())
    first, second = dataset.queries
    assert (dataset.size, first.gains, first.answer) == (2, {"ports": 1.0}, "8000")
    assert first.judged
    assert first.covered
    assert (second.judged, second.covered, second.kind) == (False, False, "far")
    titles = {one.id: one.page.title for one in dataset.documents() if one.page}
    assert titles == {"ports": "Ports", "hosts": "Hosts"}


def test_questions_kept_from_tuning_are_told_apart(write: Write) -> None:
    dataset = load(write(queries=[QUESTIONS[0], {**QUESTIONS[1], "held_out": True}]))
    assert [one.id for one in dataset.half(held_out=True).queries] == ["q2"]
    assert [one.id for one in dataset.half(held_out=False).queries] == ["q1"]
    with pytest.raises(DatasetError, match="no question is left"):
        load(write()).half(held_out=True)


@pytest.mark.parametrize(
    "qrels",
    [
        "query-id\tcorpus-id\tscore\nq1\tports\t2\n",
        "q1\tports\t2",
        "q1 0 ports 2\n",
        "q1\tports\t2\nq1\thosts\t0\n",
        "q1\tports\t1\n\nq1\tports\t2\n",
    ],
)
def test_judgements_come_with_and_without_a_header_and_as_trecs(write: Write, qrels: str) -> None:
    assert gains(write(qrels=qrels)) == {"ports": 2.0}


def test_what_names_nothing_that_is_there_is_said_and_left_out(write: Write) -> None:
    dataset = load(write(qrels="q1\tports\t1\nq1\tgone\t1\nq9\tports\t1\n"))
    assert dataset.queries[0].gains == {"ports": 1.0}
    assert "documents that are not there: 'gone'" in dataset.problems[1]
    assert "questions that are not there: 'q9'" in dataset.problems[0]


def test_a_question_that_nobody_judged_is_said(write: Write) -> None:
    dataset = load(write(queries=[*QUESTIONS, {"id": 3, "text": "Which host?"}]))
    assert dataset.queries[2].covered is None
    assert "1 questions have no judged document" in dataset.problems[0]


def test_ids_may_be_numbers_and_beirs_are_understood(write: Write) -> None:
    folder = write(queries=[{"_id": 1, "text": "Which port?"}], qrels="1\tports\t1")
    assert gains(folder, "1") == {"ports": 1.0}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"queries": '{"id": "q1", "text": "a"}\n{"id":'}, r"queries\.jsonl, line 2: .* not JSON"),
        ({"queries": "[1]"}, r"queries\.jsonl, line 1: .* not a JSON object"),
        ({"queries": '\n{"text": "a"}'}, r'queries\.jsonl, line 2: "id" is missing'),
        ({"queries": '{"id": "q1"}'}, r'queries\.jsonl, line 1: "text" is missing'),
        ({"queries": '{"id": "q1", "text": " "}'}, r'line 1: "text" is empty'),
        ({"queries": [*QUESTIONS, QUESTIONS[0]]}, r"line 3: the id 'q1' was used before"),
        ({"queries": '{"id": "q", "text": "a", "answerable": "no"}'}, "must be true or false"),
        ({"queries": ""}, "holds no question"),
        ({"corpus": [DOCUMENTS[0], DOCUMENTS[0]]}, r"corpus\.jsonl, line 2: the id 'ports'"),
        ({"corpus": '{"id": "a", "text": 1}'}, r'corpus\.jsonl, line 1: "text" is missing'),
        ({"corpus": ""}, "holds no document"),
        ({"qrels": "q1\tports\t1\nq1\tports\tgood"}, r"qrels\.tsv, line 2: the grade 'good'"),
        ({"qrels": "q1\tports"}, r"qrels\.tsv, line 1: 2 columns"),
        ({"qrels": "", "queries": QUESTIONS[:1]}, "no question is judged"),
    ],
)
def test_what_is_wrong_is_said_with_its_file_and_line(
    write: Write, files: dict[str, Any], said: str
) -> None:
    with pytest.raises(DatasetError, match=said):
        load(write(**files))


def test_what_is_not_there_is_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not a folder"):
        load(tmp_path / "none")
    (write() / "queries.jsonl").unlink()
    with pytest.raises(DatasetError, match=r"queries\.jsonl is not there"):
        load(tmp_path)
    (tmp_path / "corpus.jsonl").unlink()
    with pytest.raises(DatasetError, match=r"neither corpus\.jsonl nor Markdown"):
        load(tmp_path)


def test_a_line_that_is_not_utf_8_is_named(write: Write) -> None:
    folder = write()
    (folder / "queries.jsonl").write_bytes(b'{"id": "q1", "text": "a"}\n{"id": "\xff"}')
    with pytest.raises(DatasetError, match=r"queries\.jsonl, line 2: this is not UTF-8"):
        load(folder)


def test_a_folder_of_markdown_is_a_corpus_whose_ids_are_paths(write: Write) -> None:
    folder = write(qrels="q1\tguide/ports.md\t1\nq1\tcorpus/hosts.md\t1")
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus/guide").mkdir(parents=True)
    (folder / "corpus/guide/ports.md").write_text("---\ntitle: Ports\ntags: [net]\n---\n8000")
    (folder / "corpus/hosts.md").write_text("# Hosts\n\nAny.")
    (folder / "corpus/broken.md").write_text("---\ntitle: [\n---\n")
    dataset = load(folder)
    assert dict(dataset.queries[0].gains) == {"guide/ports.md": 1.0, "hosts.md": 1.0}
    found = {one.id: one for one in dataset.documents()}
    ports, broken = found["guide/ports.md"], found["broken.md"]
    assert ports.page is not None
    assert (ports.page.title, ports.page.tags, ports.page.content) == ("Ports", ["net"], "8000")
    assert broken.page is None
    assert "broken front matter" in broken.problem


def test_the_corpus_may_be_elsewhere(write: Write, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else"
    elsewhere.mkdir()
    (elsewhere / "ports.md").write_text("8000")
    dataset = load(write(qrels="q1\tports.md\t1"), corpus=elsewhere)
    assert dataset.queries[0].gains == {"ports.md": 1.0}
    with pytest.raises(DatasetError, match="neither a JSON Lines file nor a folder"):
        load(tmp_path, corpus=tmp_path / "none")


def test_a_document_that_no_article_can_hold_is_said(write: Write, settings: Any) -> None:
    settings.ARTICLE_MAX_CHARS = 30
    long = {"id": "long", "title": "Long", "text": "x" * 31}
    *_, last = load(write(corpus=[*DOCUMENTS, long])).documents()
    assert last.page is None
    assert "corpus.jsonl, line 3" in last.problem
