"""Numbers → text as analysts write it: 12.34亿, 5,678万, +1.23%, ±. None and NaN become an en dash."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
NOTHING = "–"
_STEPS = {
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")),
}
_SIGN = {"CNY": "¥", "HKD": "HK$", "USD": "US$"}


def missing(value: object) -> bool:
    return value is None or value != value


def amount(value: float | None, language: str = "zh", digits: int = 2) -> str:
    """A large number in 万, 亿, 万亿 or K, M, B, T."""
    if missing(value):
        return NOTHING
    steps = _STEPS.get(language, _STEPS["en"])
    for position, (size, unit) in enumerate(steps):
        if abs(value) >= size:
            scaled = round(value / size, digits)
            # 9,999.999万 rounds up to the next unit.
            if position and abs(scaled) >= steps[position - 1][0] / size:
                return f"{value / steps[position - 1][0]:.{digits}f}{steps[position - 1][1]}"
            return f"{scaled:,.{digits}f}{unit}"
    return f"{value:,.0f}"


def percent(value: float | None, digits: int = 2) -> str:
    """A fraction as a signed percentage: +1.23%, −0.45%, 0.00%."""
    if missing(value):
        return NOTHING
    scaled = round(value * 100, digits)
    sign = "+" if scaled > 0 else "−" if scaled < 0 else ""
    return f"{sign}{abs(scaled):.{digits}f}%"


def signed(value: float | None, digits: int = 2) -> str:
    """A signed number: +1.23, −0.45."""
    if missing(value):
        return NOTHING
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"


def price(value: float | None, currency: str = "") -> str:
    """A price with the decimals its height calls for."""
    if missing(value):
        return NOTHING
    return f"{_SIGN.get(currency, '')}{value:,.{3 if abs(value) < 2 else 2}f}"


def band(value: float | None, digits: int = 2) -> str:
    """Half a width as ±1.23%."""
    return NOTHING if missing(value) else f"±{abs(value) * 100:.{digits}f}%"


def clock(moment: datetime | None, with_year: bool = True) -> str:
    """Beijing time, to the minute."""
    if missing(moment):
        return NOTHING
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M" if with_year else "%m-%d %H:%M")


def day(value: date | None) -> str:
    return NOTHING if missing(value) else value.isoformat()[:10]
