"""A view of a store that takes many reads → the same from one content of the store, so that its counts add up while somebody writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from newslink.store import Store

P = ParamSpec("P")
T = TypeVar("T")


def one_snapshot(view: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """view: reads only, in the thread that calls it."""

    @wraps(view)
    def made(store: Store, *args: P.args, **named: P.kwargs) -> T:
        with store.snapshot():
            return view(store, *args, **named)

    return made
