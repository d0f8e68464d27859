"""Axes of large numbers in the units analysts read: 20万, 1.5亿; 200K, 1.5B. plotly's own are k, M and G in every language."""

from __future__ import annotations

import math

_UNITS = {
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")),
}


def large(value: float, language: str) -> str:
    """A round number in its unit, without decimals it does not need."""
    for size, unit in _UNITS.get(language, _UNITS["en"]):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def large_axis(highest: float, language: str, most: int = 3) -> dict:
    """Ticks of a layout's axis from nought to highest: at most ``most`` round steps of 1, 2 or 5."""
    if not highest > 0 or not math.isfinite(highest):
        return {"tickvals": [], "ticktext": []}
    raw = highest / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(times * size for times in (1, 2, 5, 10) if times * size >= raw * (1 - 1e-9))
    values = [step * number for number in range(1, math.floor(highest / step + 1e-9) + 1)]
    return {"tickvals": values, "ticktext": [large(value, language) for value in values]}
