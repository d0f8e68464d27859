"""What it costs to make objects by the million: frozen dataclasses at a third of their own constructor's cost, and no collection meanwhile."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def maker(cls: type[T]) -> Callable[..., T]:
    """A function that makes instances of a frozen, slotted dataclass: cls(…) with every field given, in order, ``__post_init__`` not called.

    A frozen dataclass sets each field through ``object.__setattr__``. Here an ordinary class with the same slots is filled and then given
    the dataclass as its class, which Python allows for equal layouts.
    """
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    lines = [
        f"class make_{cls.__name__.lower()}:",
        f'    """``{cls.__name__}(…)`` with every field given in order."""',
        f"    __slots__ = {tuple(names)!r}",
        f"    def __init__(self, {', '.join(names)}):",
        *(f"        self.{name} = {name}" for name in names),
        "        self.__class__ = cls",
    ]
    space: dict[str, Any] = {"cls": cls, "__name__": __name__}
    exec("\n".join(lines), space)
    return space[f"make_{cls.__name__.lower()}"]


@contextmanager
def without_collection() -> Iterator[None]:
    """Hold Python's cyclic collector back: a batch makes a million small objects and no cycles, and each search for some walks over everything
    that is loaded, which took a third of the time.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not gc.get_freeze_count():  # nobody keeps anything frozen
                gc.freeze()  # what was made counts as old, unexamined: it would be walked over at the next small object that is made
                gc.unfreeze()
            gc.enable()


def collect_young() -> None:
    """Where collection is held back for long: look for cycles among what was made since the last time, and not among everything there is."""
    gc.collect(1)
