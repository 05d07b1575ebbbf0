"""Doing the same at the same moment, in threads of their own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(act: Callable[[Any], T], each: Iterable[Any]) -> list[T]:
    """What each got."""
    items = list(each)
    start = Barrier(len(items))

    def run(item: Any) -> T:
        start.wait(30)
        try:
            return act(item)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items))
