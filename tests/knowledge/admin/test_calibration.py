"""The page of how sure the site is: for administrators, and the way back."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from kbsite import mongo
from knowledge import providers, recipes
from knowledge.evaluation.metrics import Bin, CalibrationError
from knowledge.evaluation.quality import Group, Quality, Thresholds
from knowledge.models import Role, Workspace
from knowledge.search import fits
from knowledge.search.calibration import SHIPPED, Fit, key
from tests.knowledge.admin.panel import MakeUser, text_of

PAGE, RESET = reverse("calibration:page"), reverse("calibration:reset")
QUALITY = Quality(
    dataset="handbook <b>",
    measured_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    thresholds=Thresholds(weak=0.3, strong=0.4),
    groups=(
        Group("answerable", 165, 0.91, 0.87),
        Group("far", 20, 0.0, 0.0, 0.985, (0.97, 1.0)),
        Group("near", 30, 0.1, 0.05, 0.93, (0.9, 0.96)),
    ),
    passages=1165,
    error=CalibrationError(0.021, 0.01, 0.04, 0.025),
    bins=(Bin(0.0, 0.1, 400, 0.04, 0.05), Bin(0.7, 0.8, 60, 0.74, 0.71)),
)


@pytest.fixture
def bundled() -> str:
    """The key of the models that the site runs."""
    reranker = providers.reranker()
    assert reranker is not None
    return key(providers.embedder().recipe, reranker.recipe)


def test_only_administrators_see_it(
    client: Client, workspace: Workspace, make_user: MakeUser
) -> None:
    assert client.get(PAGE).status_code == 302
    client.force_login(make_user("ed", workspace=workspace, role=Role.ADMIN))
    assert client.get(PAGE).status_code in {302, 403}
    assert client.post(RESET).status_code in {302, 403}


def test_a_new_site_says_that_it_runs_the_shipped_constants(boss: Client) -> None:
    page = text_of(boss.get(PAGE))
    assert "The shipped constants." in page
    assert "Fitted on this site" not in page
    assert "calibrate FOLDER" in page


def test_what_was_fitted_is_shown_with_where_it_comes_from(boss: Client, bundled: str) -> None:
    fits.store(bundled, Fit({"cosine": 0.5, "reranker": 0.25}), QUALITY.as_document())
    page = text_of(boss.get(PAGE))
    assert "Fitted on this site" in page
    assert "165 answerable and 50 unanswerable questions of <em>handbook &lt;b&gt;</em>" in page
    assert "1 March 2026" in page
    assert "with so many labels, a perfect model shows 0.025" in page
    assert 'role="img"' in page
    assert "70\N{NO-BREAK SPACE}% – 80\N{NO-BREAK SPACE}%" in page


def test_the_way_back_takes_effect_and_says_so(boss: Client, bundled: str) -> None:
    fits.store(bundled, Fit({"cosine": 0.5}), QUALITY.as_document())
    said = text_of(boss.post(RESET, {"key": bundled}, follow=True))
    assert "Back to the shipped constants. Searches follow" in said
    assert fits.running() == SHIPPED
    assert "Nothing to go back from" in text_of(boss.post(RESET, {"key": "x"}, follow=True))


def test_a_fit_of_other_models_is_shown_as_not_in_use(boss: Client) -> None:
    fits.store("old@1|none", Fit({"cosine": 1.0}), {})
    page = text_of(boss.get(PAGE))
    assert "Not in use" in page
    assert "what it was measured on cannot be read" in page


def test_a_fit_of_the_searched_embedder_is_in_use_though_another_is_configured(
    boss: Client,
) -> None:
    mongo.site_settings().insert_one({"_id": recipes.ID, "active": "old@1"})
    fits.store("old@1|none", Fit({"cosine": 1.0}), {})
    assert "Not in use" not in text_of(boss.get(PAGE))


def test_the_panel_leads_to_it(boss: Client) -> None:
    assert PAGE in text_of(boss.get(reverse("admin:index")))
