"""A proposed fit beside the running one as plain text for a terminal."""

from collections.abc import Iterator

from knowledge.evaluation.calibrating import Proposal
from knowledge.evaluation.quality import Group, Quality
from knowledge.search.calibration import SIGNALS, Fit

_NAME, _WIDTH = 42, 20


def lines(one: Proposal, *, stored: bool, dry_run: bool) -> Iterator[str]:
    """Line by line; the figures of the new fit are of questions that it was not fitted on."""
    new, old = one.quality, one.running_quality
    yield one.key
    yield f"{new.dataset}: {new.answerable} answerable questions, {new.unanswerable} unanswerable"
    yield ""
    yield _row("", "running", "fitted")
    yield from _weights(one.running, one.fit)
    yield _row(f"calibration error, {new.passages:,} passages", _error(old), _error(new))
    yield _row("  a perfect model shows", *(f"{each.error.perfect:.3f}" for each in (old, new)))
    yield _row("log loss", f"{one.change.before:.3f}", f"{one.change.after:.3f}")
    for before, after in zip(old.groups, new.groups, strict=True):
        yield from _group(before, after, new)
    yield ""
    yield _verdict(one, stored=stored, dry_run=dry_run)
    yield ""


def _group(before: Group, after: Group, quality: Quality) -> Iterator[str]:
    at = round(quality.thresholds.weak * 100)
    name = f"{after.name}, {after.questions}: sources at {at} %"
    yield _row(name, f"{before.shown:.1%}", f"{after.shown:.1%}")
    if after.auc is not None:
        yield _row("  AUC", _auc(before), _auc(after))


def _verdict(one: Proposal, *, stored: bool, dry_run: bool) -> str:
    if stored:
        return "Stored. Running processes use it within seconds; --reset goes back."
    if one.worse:
        return "Not stored: what is running is better on these questions. --force stores it."
    return "Nothing was stored." if dry_run else "Not stored."


def _weights(running: Fit, fitted: Fit) -> Iterator[str]:
    for name in SIGNALS:
        if name in running.weights or name in fitted.weights:
            both = (fit.weights.get(name, 0.0) for fit in (running, fitted))
            yield _row(f"weight of {name}", *(f"{weight:.3f}" for weight in both))
    yield _row("bias", f"{running.bias:.3f}", f"{fitted.bias:.3f}")


def _error(quality: Quality) -> str:
    error = quality.error
    return f"{error.error:.3f} [{error.low:.3f},{error.high:.3f}]"


def _auc(group: Group) -> str:
    if group.auc is None or group.auc_interval is None:
        return ""
    low, high = group.auc_interval
    return f"{group.auc:.3f} [{low:.3f},{high:.3f}]"


def _row(name: str, running: str, fitted: str) -> str:
    return f"{name:<{_NAME}}  {running:<{_WIDTH}}  {fitted}".rstrip()
