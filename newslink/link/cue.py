"""What one pattern around a name says: for the company being meant or against it, how strongly, and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """weight in log odds, always positive; words begin with ``+ `` or ``- ``."""

    pattern: re.Pattern[str]
    weight: float
    words: str
