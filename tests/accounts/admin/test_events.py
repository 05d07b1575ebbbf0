"""The audit log in the panel: accounts/admin/events.py and accounts/exporting.py."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from accounts import audit
from accounts.admin import looking
from accounts.models import AuditEvent, User
from kbsite import mongo
from tests.accounts.admin.pages import EVENTS, recorded, shown, text_of

MakeUser = Callable[..., User]


@pytest.fixture
def ada(make_user: MakeUser) -> User:
    return make_user("ada")


def at(day: str, **fields: Any) -> AuditEvent:
    """An event of that day."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    fields = {"action": "session.open", "purge_at": timezone.now() + timedelta(days=1), **fields}
    return AuditEvent.objects.create(at=moment, **fields)


def exported(client: Client, form: str, **narrowed: str) -> str:
    response = client.get(f"{EVENTS}export/{form}", narrowed)
    assert response.status_code == 200
    return asyncio.run(whole(response.streaming_content)).decode()  # type: ignore[attr-defined]


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_events_are_narrowed_by_what_who_and_outcome(
    client: Client, admin: User, ada: User
) -> None:
    audit.record("user.unlock", by=admin, on=ada)
    audit.record("session.open", on=ada, outcome=audit.REFUSED)
    assert len(shown(client, EVENTS)) == 2
    (unlocked,) = shown(client, EVENTS, action="user.unlock")
    (refused,) = shown(client, EVENTS, outcome="refused")
    assert (unlocked.action, refused.action) == ("user.unlock", "session.open")
    assert shown(client, EVENTS, by="ROOT@example.org") == [unlocked]
    assert shown(client, EVENTS, on="ada", outcome="done") == [unlocked]
    assert shown(client, EVENTS, by="nobody") == []


def test_events_are_narrowed_by_day_with_the_last_one_in(client: Client, admin: User) -> None:
    first, second, third = (at(f"2026-03-0{day}T23:59") for day in (1, 2, 3))
    assert shown(client, EVENTS, since="2026-03-02", until="2026-03-02") == [second]
    assert shown(client, EVENTS, until="2026-03-02") == [second, first]
    assert shown(client, EVENTS, since="2026-03-03") == [third]


def test_a_day_that_is_none_is_said_and_shows_nothing(client: Client, admin: User) -> None:
    at("2026-03-01")
    page = client.get(EVENTS, {"since": "yesterday"})
    assert list(page.context["cl"].result_list) == []
    assert "Enter a valid date" in text_of(page)


@pytest.mark.parametrize("words", ["ada", "ada@example.org", "192.0.2.7"])
def test_the_search_finds_people_on_either_side_and_addresses(
    client: Client, admin: User, ada: User, words: str
) -> None:
    audit.record("session.end", by=ada, on=ada)
    audit.record("backup.make")
    at("2026-03-01", address="192.0.2.7", target_id=str(ada.pk))
    assert len(shown(client, EVENTS, q=words)) == (1 if words[0].isdigit() else 2)


def test_a_renamed_person_is_found_by_the_name_of_then_and_of_now(
    client: Client, admin: User, ada: User
) -> None:
    audit.record("session.end", by=ada)
    ada.username = "adele"
    ada.save()
    assert len(shown(client, EVENTS, q="ada")) == 1
    assert len(shown(client, EVENTS, q="adele")) == 1


def test_a_page_says_what_happened_in_words(client: Client, admin: User, ada: User) -> None:
    audit.record("member.role", by=admin, on=ada, workspace="team", role="editor")
    page = text_of(client.get(EVENTS))
    assert "Role changed" in page
    assert "workspace: team, role: editor" in page


def test_the_list_counts_no_further_than_one_pages(
    client: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_COUNTED", 2)
    for day in (1, 2, 3):
        at(f"2026-03-0{day}")
    response = client.get(EVENTS)
    assert response.context["cl"].result_count == 2
    assert "The newest 2" in text_of(response)


NARROWED: list[dict[str, str]] = [
    {},
    {"action": "session.open"},
    {"by": "ada"},
    {"on": "ada"},
    {"q": "ada"},
    {"q": "192.0.2.7"},
    {"since": "2026-03-01", "until": "2026-03-31"},
]


@pytest.mark.parametrize("narrowed", NARROWED)
def test_every_way_of_narrowing_reads_an_index_in_order(
    client: Client,
    admin: User,
    ada: User,
    narrowed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.admin.events.AuditEventAdmin.list_max_show_all", 0)
    monkeypatch.setattr("accounts.admin.events.AuditEventAdmin.list_per_page", 2)
    for day in range(1, 10):
        whose = {"actor_id": str(ada.pk), "target_id": str(ada.pk), "address": "192.0.2.7"}
        at(f"2026-03-0{day}", **whose)
    plans = profiled("audit_events", lambda: client.get(EVENTS, narrowed))
    assert plans
    for plan in plans:
        assert "IXSCAN" in plan["planSummary"]
        assert not plan.get("hasSortStage")


def profiled(collection: str, ask: Callable[[], object]) -> list[dict[str, Any]]:
    """How MongoDB read the collection meanwhile."""
    database = mongo.database()
    database.command("profile", 2)
    try:
        ask()
        namespace = f"{database.name}.{collection}"
        return list(database["system.profile"].find({"ns": namespace, "op": "query"}))
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()


def test_csv_holds_what_is_narrowed_to_and_not_only_a_page(client: Client, admin: User) -> None:
    with patch("accounts.exporting.AT_ONCE", 2):
        for day in range(1, 6):
            at(f"2026-03-0{day}", action="user.unlock", actor_name="ada")
        at("2026-03-06", actor_name="eve")
        rows = list(csv.DictReader(io.StringIO(exported(client, "csv", action="user.unlock"))))
    assert [row["at"][:10] for row in rows] == [f"2026-03-0{day}" for day in (5, 4, 3, 2, 1)]
    assert {row["what"] for row in rows} == {"Failures to sign in forgotten"}


@pytest.mark.parametrize("name", ["=cmd", "+1", "-1", "@SUM", "\tx", "\rx"])
def test_csv_has_no_cell_that_a_spreadsheet_runs(client: Client, admin: User, name: str) -> None:
    at("2026-03-01", actor_name=name)
    (row,) = csv.DictReader(io.StringIO(exported(client, "csv", action="session.open"), newline=""))
    assert row["actor_name"] == f"'{name}"


def test_json_lines_are_one_event_each_as_it_is(client: Client, admin: User, ada: User) -> None:
    audit.record("user.unlock", by=ada, why="=1\nand more")
    audit.record("backup.make")
    lines = exported(client, "jsonl").splitlines()
    assert [json.loads(line)["action"] for line in lines[:-1]] == ["audit.export", "backup.make"]
    event = json.loads(lines[-1])
    assert (event["actor_name"], event["details"]) == ("ada", {"why": "=1\nand more"})
    assert "purge_at" not in event


def test_no_value_of_a_cell_begins_another_where_semicolons_part_them(
    client: Client, admin: User
) -> None:
    audit.record("token.make", by=admin, name="x;=1+1;y")
    (row,) = csv.DictReader(io.StringIO(exported(client, "csv", action="token.make"), newline=""))
    assert ";" not in row["details"]
    assert json.loads(row["details"]) == {"name": "x;=1+1;y"}


def test_a_download_is_an_event_itself(client: Client, admin: User) -> None:
    exported(client, "csv", action="backup.make")
    (event,) = recorded("audit.export")
    assert (event.actor_name, event.details["form"]) == ("root", "csv")
    assert client.get(f"{EVENTS}export/xlsx").status_code == 404


@pytest.mark.parametrize("asked", [{"foo": "1"}, {"since": "never"}])
def test_what_cannot_be_narrowed_leads_back_to_the_list(
    client: Client, admin: User, asked: dict[str, str]
) -> None:
    assert client.get(f"{EVENTS}export/csv", asked).headers["Location"].startswith(EVENTS)
    assert not recorded("audit.export")


def test_the_last_day_there_is_can_be_asked_for(client: Client, admin: User) -> None:
    assert client.get(EVENTS, {"until": "9999-12-31"}).status_code == 200


def test_only_administrators_take_it_out(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(f"{EVENTS}export/csv", follow=True).status_code == 403
    assert not recorded("audit.export")
