"""A result as plain text for a terminal, at most 81 columns wide."""

from collections.abc import Iterator
from typing import Final

from knowledge.evaluation.comparing import differences
from knowledge.evaluation.judging import METRICS, Json

_NONE: Final = "\u2013"


def lines(result: Json) -> Iterator[str]:
    """The result, line by line."""
    counts = result["counts"]
    yield f"{result['dataset']} · {result['recipe']} · engine {result['engine']}"
    yield (
        f"{counts['documents']:,} documents, {counts['passages']:,} passages; "
        f"{counts['judged']:,} judged questions, {counts['unanswerable']:,} unanswerable"
    )
    yield from _legs(result["legs"])
    yield from _stages(result["stages_ms"], result["degraded"])
    yield from _refusal(result["refusal"])
    yield from _answers(result["answers"])
    yield from _comparison(result.get("against"))
    if result["problems"]:
        yield ""
    for problem in result["problems"]:
        yield f"! {problem}"


def share(value: float | None) -> str:
    """`87 %`, which never breaks apart; a dash where there was nothing to take a share of."""
    return _NONE if value is None else f"{value:.0%}".replace("%", "\u00a0%")


def short(value: float, digits: int = 3) -> str:
    """`.812`, as papers print shares."""
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{digits}f}"


def signed(value: float) -> str:
    """`+.012`, with a real minus."""
    return ("\u2212" if value < 0 else "+") + short(abs(value))


def verdict(whose: str, figure: Json) -> str:
    """What a compared figure says: `noise`, `better` or `worse`. Of errors, fewer are better."""
    if figure["noise"]:
        return "noise"
    return "better" if (figure["change"] > 0) is not (whose == "refusal") else "worse"


def _legs(legs: Json) -> Iterator[str]:
    if not legs:
        return
    yield ""
    yield f"{'leg':<9}" + "".join(f"{metric:>18}" for metric in METRICS)
    for leg, figures in legs.items():
        cells = (_with_interval(figures[m], figures["ci95"][m]) for m in METRICS)
        yield f"{leg:<9}" + "".join(f"{cell:>18}" for cell in cells)


def _stages(stages: Json, degraded: Json) -> Iterator[str]:
    yield ""
    yield f"{'milliseconds':<13}" + "".join(f"{stage:>9}" for stage in stages)
    for which in ("p50", "p95"):
        yield f"{which:<13}" + "".join(f"{times[which]:>9,.1f}" for times in stages.values())
    late, budget = degraded["over_rerank_budget"], degraded["rerank_budget_ms"]
    yield f"Reranking took over the {budget:,} ms that it may take for {share(late)} of questions"


def _refusal(refusal: Json) -> Iterator[str]:
    if not refusal["unanswerable"]:
        return
    yield ""
    yield f"{'unanswerable':<13}{'n':>6}{'AUC':>20}{'answered':>12}{'without a warning':>20}"
    weak, strong = (refusal[at]["false_answers"]["share"] for at in ("weak", "strong"))
    yield _kind("all", refusal, weak, strong)
    for name, kind in refusal["kinds"].items():
        answered = kind["false_answers"]
        yield _kind(name, kind, answered["weak"]["share"], answered["strong"]["share"])
    yield (
        f"Answerable but refused at {refusal['weak']['threshold']}: "
        f"{share(refusal['weak']['false_refusals']['share'])} of {refusal['answerable']:,}"
    )
    if refusal["ece"] is not None:
        low, high = refusal["ece_ci95"]
        yield (
            f"Calibration error {short(refusal['ece'])} [{short(low)},{short(high)}] over "
            f"{refusal['labels']:,} passages; perfect probabilities would show "
            f"{short(refusal['ece_if_perfect'])}"
        )


def _kind(name: str, figures: Json, weak: float | None, strong: float | None) -> str:
    area = (
        "\u2013" if figures["auc"] is None else _with_interval(figures["auc"], figures["auc_ci95"])
    )
    count = figures["unanswerable"]
    return f"{name[:13]:<13}{count:>6,}{area:>20}{share(weak):>12}{share(strong):>20}"


def _answers(answers: Json) -> Iterator[str]:
    if not answers or not answers["questions"]:
        return
    yield ""
    yield (
        f"{answers['answerer']} answers to {share(answers['answered'])} of "
        f"{answers['questions']:,} answerable questions"
    )
    yield (
        f"Sentences with a citation {share(answers['cited_sentences'])} · citation precision "
        f"{share(answers['citation_precision'])} · recall {share(answers['citation_recall'])}"
    )
    if (verdicts := answers["verdicts"])["claims"]:
        yield (
            f"Claims that their sources bear out {share(verdicts['supported'])}, in part "
            f"{share(verdicts['weak'])}, not {share(verdicts['unsupported'])}"
        )
    if answers["references"]:
        yield (
            f"Containing the reference {share(answers['contains_reference'])} of "
            f"{answers['references']:,} · its words on average "
            f"{share(answers['reference_recall'])}"
        )


def _comparison(comparison: Json | None) -> Iterator[str]:
    if comparison is None:
        return
    yield ""
    yield f"Against the older result, {comparison['questions']:,} questions in common"
    for name, (old, new) in comparison["changed"].items():
        yield f"{name} was {old}, is {new}"
    for whose, name, figure in differences(comparison):
        yield _difference(whose, name, figure)


def _difference(whose: str, name: str, figure: Json) -> str:
    low, high = figure["ci95"]
    interval = f"[{signed(low)}, {signed(high)}]"
    moved = f"{short(figure['before'])} → {short(figure['after'])}"
    change = f"{signed(figure['change'])} {interval}: {verdict(whose, figure)}"
    return f"{whose:<9}{name:<15}{moved:>14}  {change}"


def _with_interval(value: float, interval: list[float]) -> str:
    """`.812 [.75,.87]`."""
    low, high = (short(bound, 2) for bound in interval)
    return f"{short(value)} [{low},{high}]"
