"""What a fit makes of signals, and that a site's own overrides the shipped one at once."""

import logging
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbsite import mongo
from knowledge.search import fits
from knowledge.search.calibration import SHIPPED, SIGNALS, Fit, Signals, from_cosine, key, log_odds

BUNDLED = "bge-small-en-v1.5-int8@1|ms-marco-MiniLM-L12-v2-int8@1"
OWN = Fit({"cosine": 2.0, "words": 1.0}, -0.5)
signal = st.none() | st.floats(0, 1)
known = st.builds(Signals, **dict.fromkeys(SIGNALS, signal))
weights = st.dictionaries(st.sampled_from(SIGNALS), st.floats(0, 20))


@given(fit=st.builds(Fit, weights, st.floats(-20, 20)), signals=known)
def test_a_relevance_is_between_0_and_1_whatever_is_known(fit: Fit, signals: Signals) -> None:
    assert 0 <= fit(signals) <= 1


@given(fit=st.builds(Fit, weights, st.floats(-20, 20)), signals=known, more=st.data())
def test_more_of_a_signal_that_counts_never_lowers_it(
    fit: Fit, signals: Signals, more: st.DataObject
) -> None:
    name = more.draw(st.sampled_from(SIGNALS))
    low, high = sorted(more.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    assert fit(replace(signals, **{name: low})) <= fit(replace(signals, **{name: high}))


def test_an_opinion_counts_by_its_odds_and_a_share_as_it_is() -> None:
    known = Signals(cosine=0.9, words=0.5).evidence()
    assert known == {"cosine": log_odds(0.9), "words": 0.5}


def test_a_signal_that_nobody_gave_adds_nothing() -> None:
    assert Fit({"cosine": 3.0, "written": 3.0})(Signals()) == 0.5


def test_only_what_nobody_wrote_of_counts_and_against() -> None:
    fit = Fit({"written": 3.0})
    assert fit(Signals(written=0.0)) < fit(Signals(written=0.5)) < fit(Signals(written=1.0)) == 0.5


def test_a_fit_is_named_after_the_models_that_spoke() -> None:
    assert key("a@1", "b@2") == "a@1|b@2"
    assert (key("a@1", None), key(None, None)) == ("a@1|none", "none|none")


def test_an_unknown_embedders_cosine_is_its_own_signal() -> None:
    assert [from_cosine("voyage-9@1", cosine) for cosine in (-0.2, 0.4, 1.1)] == [0.0, 0.4, 1.0]


def test_what_a_site_fitted_overrides_the_shipped_fit_until_it_is_reset(db: None) -> None:
    assert fits.running() == SHIPPED
    fits.store(BUNDLED, OWN, {})
    assert fits.running() == {**SHIPPED, BUNDLED: OWN}
    assert fits.reset(BUNDLED)
    assert fits.running() == SHIPPED
    assert not fits.reset(BUNDLED)


def test_another_process_follows_within_seconds(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fits.running()
    monkeypatch.setattr(fits, "forget", lambda: None)
    fits.store(BUNDLED, OWN, {})
    assert fits.running() == SHIPPED
    monkeypatch.setattr(fits, "_LOOKED_AT_EVERY_SECONDS", -1.0)
    assert fits.running()[BUNDLED] == OWN


def test_forgetting_in_another_thread_meanwhile_does_no_harm(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits.running()
    moment = time.monotonic()

    def forget() -> float:
        fits.forget()
        return moment

    monkeypatch.setattr(time, "monotonic", forget)
    assert fits.running() == SHIPPED


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"format": 2},
        {"weights": ["cosine"]},
        {"weights": {"moon": 1.0}},
        {"weights": {"cosine": "much"}},
        {"weights": None},
        {"bias": float("nan")},
    ],
)
def test_what_is_not_a_fit_is_ignored_and_logged(
    db: None, caplog: pytest.LogCaptureFixture, broken: dict[str, Any]
) -> None:
    whole = {"format": fits.FORMAT, "weights": {"cosine": 1.0}, "bias": 0.0, "about": {}}
    document = {**whole, **broken} if broken else {}
    mongo.site_settings().insert_one({"_id": f"calibration:{BUNDLED}", **document})
    with caplog.at_level(logging.WARNING):
        assert fits.running() == SHIPPED
    assert "not readable" in caplog.text
