"""How sure the site is, in the admin panel: where the constants come from and what they are worth.

To look at, and to go back; fitting them takes minutes and a set of questions, so that is
`manage.py calibrate`.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from knowledge import providers, recipes
from knowledge.evaluation.quality import Quality, read_quality, shipped_quality
from knowledge.search import calibration, fits
from knowledge.search.calibration import SHIPPED, Fit

WORDS = {
    "cosine": "How near the meanings are (cosine)",
    "reranker": "What the reranker says",
    "words": "Words of the question in the passage",
    "written": "Nothing asked that nobody wrote of",
    "named": "Names of the question in the passage",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One fit as the page shows it; `own` is one of this site, `fit` None where there is none."""

    key: str
    embedder: str
    reranker: str
    own: bool
    fit: Fit | None
    quality: Quality | None
    in_use: bool

    @property
    def weights(self) -> list[tuple[str, float]]:
        weights = self.fit.weights if self.fit else {}
        return [(WORDS.get(name, name), weight) for name, weight in weights.items()]

    @property
    def bias(self) -> float | None:
        return self.fit.bias if self.fit else None


@require_GET
def calibration_page(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "How sure answers are",
        "shown": _shown(),
        "weak": settings.CONFIDENCE_WEAK,
        "strong": settings.CONFIDENCE_STRONG,
    }
    return TemplateResponse(request, "admin/knowledge/calibration.html", context)


@require_POST
def calibration_reset(request: HttpRequest) -> HttpResponse:
    """Forget this site's own fit for `key`."""
    key = request.POST.get("key", "")
    if fits.reset(key):
        audit.record("calibration.reset", by=request.user, request=request, key=key)
        messages.success(request, "Back to the shipped constants. Searches follow within seconds.")
    else:
        messages.warning(request, "Nothing to go back from: the shipped constants are running.")
    return redirect("calibration:page")


def _shown() -> list[Shown]:
    """Those of the models that are searched with by now, then those it keeps for others."""
    embedder, reranker = recipes.read().active, providers.reranker()
    used = [calibration.key(embedder, reranker.recipe)] if reranker else []
    used += [calibration.key(embedder, None), calibration.key(None, None)]
    own = fits.stored()
    return [_one(key, own, key in used) for key in dict.fromkeys([*used, *own])]


def _one(key: str, own: dict[str, fits.Stored], in_use: bool) -> Shown:
    embedder, _, reranker = key.partition("|")
    stored = own.get(key)
    return Shown(
        key=key,
        embedder=embedder.partition("@")[0],
        reranker=reranker.partition("@")[0],
        own=stored is not None,
        fit=stored.fit if stored else SHIPPED.get(key),
        quality=read_quality(stored.about) if stored else shipped_quality().get(key),
        in_use=in_use,
    )
