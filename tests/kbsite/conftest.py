"""The site's log, for whoever listens to it."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from kbsite.logs import WithoutMessages
from tests.kbsite.hearing import Heard


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    """The site's own way of writing its log, at its chattiest."""
    for name in ("accounts", "kbsite", "knowledge", "django"):
        caplog.set_level(logging.DEBUG, name)
    logging.getLogger("django.db").setLevel(logging.INFO)  # as without DEBUG
    [console] = [
        each for each in logging.getLogger().handlers if isinstance(each.formatter, WithoutMessages)
    ]
    assert isinstance(console, logging.StreamHandler)
    log = StringIO()
    before = console.setStream(log)
    yield Heard(log)
    console.setStream(before)
