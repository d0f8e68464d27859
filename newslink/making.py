"""A frozen, slotted dataclass → a function that makes one at about a third of the cost of its own constructor.

A frozen dataclass sets each field through ``object.__setattr__``. Here an ordinary class with the same slots is filled and then given the
dataclass as its class, which Python allows for equal layouts. For objects made by the million; elsewhere the constructor is the plain way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


def maker(cls: type[T]) -> Callable[..., T]:
    """cls(…) with every field given, in order. Nothing is checked and ``__post_init__`` is not called."""
    names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    given = ", ".join(names)
    lines = [
        "class Unfrozen:",
        f"    __slots__ = {tuple(names)!r}",
        f"    def __init__(self, {given}):",
        *(f"        self.{name} = {name}" for name in names),
        f"def make({given}):",
        f"    one = Unfrozen({given})",
        "    one.__class__ = cls",
        "    return one",
    ]
    space: dict[str, Any] = {"cls": cls}
    exec("\n".join(lines), space)
    make = space["make"]
    make.__name__ = make.__qualname__ = f"make_{cls.__name__.lower()}"
    make.__doc__ = f"``{cls.__name__}(…)`` with every field given in order."
    return make
