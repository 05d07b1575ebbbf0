"""The audit log itself: accounts/audit.py and its model."""

import re
from pathlib import Path
from typing import get_args

import pytest
from django.test import RequestFactory

from accounts import audit
from accounts.models import AuditEvent, User

ROOT = Path(__file__).resolve().parents[2]


def test_an_event_names_who_did_what_on_whom_and_from_where(db: None) -> None:
    ada, eve = (User.objects.create_user(name) for name in ("ada", "eve"))
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    audit.record("user.unlock", by=ada, on=eve, request=request, why="a call")
    event = AuditEvent.objects.get()
    assert (event.actor_id, event.actor_name) == (str(ada.pk), "ada")
    assert (event.target_id, event.target_name) == (str(eve.pk), "eve")
    assert (event.address, event.details, event.outcome) == ("192.0.2.7", {"why": "a call"}, "done")


def test_an_event_outlives_the_people_in_it(db: None) -> None:
    eve = User.objects.create_user("eve")
    audit.record("user.unlock", on=eve)
    eve.delete()
    assert AuditEvent.objects.get().target_name == "eve"


def test_an_event_is_removed_when_its_time_is_over_and_not_before(db: None) -> None:
    audit.record("backup.make")
    event = AuditEvent.objects.get()
    assert (event.purge_at - event.at).days == 365


def test_events_are_neither_changed_nor_deleted(db: None) -> None:
    audit.record("backup.make")
    event = AuditEvent.objects.get()
    all_events = AuditEvent.objects.all()
    for change in (
        event.save,
        event.delete,
        all_events.delete,
        all_events.filter(pk=event.pk).delete,
        lambda: all_events.update(actor_name="eve"),
        lambda: AuditEvent.objects.update(actor_name="eve"),
        lambda: AuditEvent.objects.bulk_update([event], ["actor_name"]),
    ):
        with pytest.raises(TypeError, match="only added to"):
            change()
    assert AuditEvent.objects.get().actor_name == ""


def test_every_action_has_words_and_is_explained_in_the_manual() -> None:
    manual = (ROOT / "docs/audit.md").read_text()
    actions = get_args(audit.Action)
    assert list(audit.WORDS) == list(actions)
    explained = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", manual, re.MULTILINE)
    assert dict(explained) == audit.WORDS


def test_every_action_is_recorded_somewhere() -> None:
    apps = [ROOT / app for app in ("accounts", "kbsite", "knowledge")]
    files = [file for app in apps for file in app.rglob("*.py") if file.name != "audit.py"]
    sources = "".join(file.read_text() for file in files)
    assert [action for action in get_args(audit.Action) if f'"{action}"' not in sources] == []
