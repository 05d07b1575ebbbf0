"""Where the marks of the report's figures stand, in the units of their SVG. Pure.

The template draws them; every figure has the same frame.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.evaluation.judging import Json
from knowledge.evaluation.table import share

LEFT: Final = 44.0
TOP: Final = 12.0
WIDTH: Final = 264.0
HEIGHT: Final = 208.0
_LARGEST_DOT: Final = 9.0
_SMALLEST_DOT: Final = 2.5
_TICKS: Final = 5
WHISKER: Final = 120.0
"""The length of 0..1 beside a row of a table."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark: `said` is what it stands for, in words."""

    x: float
    y: float
    radius: float
    said: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """Marks, a line through some of them as SVG has it, and the ticks of both axes."""

    dots: tuple[Dot, ...]
    line: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def reliability(bins: Sequence[Json]) -> Figure:
    """What was said against what came true; a bin's area grows with its labels."""
    most = max((one["count"] for one in bins), default=1)
    dots = tuple(
        Dot(
            across(one["mean"]),
            up(one["share"]),
            round(max(_SMALLEST_DOT, _LARGEST_DOT * math.sqrt(one["count"] / most)), 1),
            f"said {share(one['mean'])}, came true {share(one['share'])} of {one['count']:,}",
        )
        for one in bins
    )
    return Figure(dots, _line((dot.x, dot.y) for dot in dots), _ticks_across(), _ticks_up(1.0))


def coverage(curve: Sequence[Json], thresholds: dict[str, float]) -> Figure:
    """The share answered against the share of that which is wrong; marks at the thresholds."""
    highest = max((one["error"] for one in curve), default=0.0)
    top = min(1.0, max(0.1, math.ceil(highest * 10) / 10))
    points = [(across(one["coverage"]), up(one["error"], top)) for one in curve]
    dots = []
    for name, threshold in thresholds.items():
        one = min(curve, key=lambda point: abs(point["threshold"] - threshold), default=None)
        if one is not None:
            said = f"{name}, from {threshold:g}: {share(one['coverage'])} answered, "
            said += f"{share(one['error'])} of them wrong"
            dots.append(Dot(across(one["coverage"]), up(one["error"], top), 4.0, said))
    return Figure(tuple(dots), _line(points), _ticks_across(), _ticks_up(top))


def across(value: float) -> float:
    return round(LEFT + value * WIDTH, 1)


def up(value: float, top: float = 1.0) -> float:
    return round(TOP + (1 - value / top) * HEIGHT, 1)


def whisker(value: float) -> float:
    return round(value * WHISKER, 1)


def _line(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _ticks_across() -> tuple[Tick, ...]:
    return tuple(Tick(across(n / _TICKS), share(n / _TICKS)) for n in range(_TICKS + 1))


def _ticks_up(top: float) -> tuple[Tick, ...]:
    return tuple(
        Tick(up(top * n / _TICKS, top), share(top * n / _TICKS)) for n in range(_TICKS + 1)
    )
