"""A passage with no more than a check of an answer looks at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Given:
    n: int
    text: str
    breadcrumb: tuple[str, ...] = ("Page",)
    start: int = 0
