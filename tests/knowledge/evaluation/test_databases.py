import time
from typing import Any

from knowledge.evaluation import databases


def test_only_databases_of_this_site_that_are_older_than_a_day_were_left_behind(
    settings: Any,
) -> None:
    settings.MONGODB_DATABASE = "knowledge"
    new = databases.new_name()
    old = f"knowledge_evaluate_{int(time.time()) - 90_000:08x}abcd"
    others = ["knowledge", "other_evaluate_000000001234", "knowledge_evaluate_notes"]
    assert databases.left_behind([new, old, *others]) == [old]
    assert f"drop_database('{old}')" in databases.advice(old)


def test_a_name_is_allowed_everywhere(settings: Any) -> None:
    settings.MONGODB_DATABASE = "x" * 63
    assert len(databases.new_name()) == 38
