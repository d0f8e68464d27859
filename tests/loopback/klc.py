"""Bars → Sina's packed K-line string (type 3466), written from the decoder that akshare runs. Row by row the stream holds differences.

Six bits a character, least significant bit first. A row is an optional control block (number format, field widths, date, previous close)
and six numbers: open against the last close, high and low against open, close against open, and volume and amount against the row before.
Fields are as wide as the widest value so far, in steps of three bits. The previous close is written only where it is not the last close.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
FIRST_DAY = datetime.date(1990, 12, 19)
FIELDS = "ohlcva"
SIGNED = {"o", "c", "v", "a"}


class Bits:
    def __init__(self) -> None:
        self.bits: list[int] = []

    def flag(self, value: object) -> None:
        self.bits.append(1 if value else 0)

    def number(self, value: int, width: int) -> None:
        """width bits, two's complement, least significant first."""
        self.bits.extend((value >> position) & 1 for position in range(width))

    def step(self, value: int) -> None:
        """A non-zero change in unary: sign, then one bit less than its size, then a stop."""
        self.flag(value > 0)
        self.bits.extend([1] * (abs(value) - 1) + [0])

    def text(self) -> str:
        padded = self.bits + [0] * (-len(self.bits) % 6)
        return "".join(ALPHABET[sum(bit << i for i, bit in enumerate(padded[at : at + 6]))] for at in range(0, len(padded), 6))


def width_of(name: str, value: int) -> int:
    bits = value.bit_length() + (1 if name in SIGNED else 0)
    return max(1, -(-bits // 3))


def pack(rows: Iterable[tuple], decimals: int = 2) -> str:
    """rows: (date, open, high, low, close, prev_close or None, volume, amount), ascending; volume whole, amount to the hundredth.

    decimals: of the prices, 2 or 3. high >= open >= low, or the format has no place for it.
    """
    out = Bits()
    out.number(3466, 12)
    out.number(63, 6)
    scale = 10**decimals
    widths = {"o": 3, "h": 3, "l": 3, "c": 3, "v": 5, "a": 5}
    last, volume, amount, day, first = 0, 0, 0, None, True
    for date, opened, high, low, close, prev_close, shares, money in rows:
        o, h, l, c = (round(price * scale) for price in (opened, high, low, close))  # noqa: E741
        base = last
        moved = None
        if prev_close is not None and not first and round(prev_close * scale) != last:
            base = round(prev_close * scale)
            moved = base - last
        shares, cents = round(shares), round(money * 100)
        values = {"o": o - base, "h": h - o, "l": o - l, "c": c - o, "v": shares - volume, "a": cents - amount}
        assert values["h"] >= 0 and values["l"] >= 0, f"{date}: high and low must enclose the open"
        grown = {name: width_of(name, values[name]) - widths[name] for name in FIELDS}
        grown = {name: step for name, step in grown.items() if step > 0}
        jump = (date - FIRST_DAY).days
        following = None if day is None else next_weekday(day)
        dated = following != jump
        wide = max(widths["o"] + grown.get("o", 0), width_of("o", moved or 0))
        if first or grown or dated or moved is not None:
            out.bits += [1, 1]
            out.flag(first)
            if first:
                out.bits += [1, 1, 0, 0, 0, 0]  # amounts as differences, not from the average price; nothing else changes
                out.flag(decimals != 2)
                if decimals != 2:
                    out.step((decimals - 2) * 3)
                out.flag(False)
                out.flag(True)
                out.step(6)  # amounts in hundredths
            out.flag(grown or dated)
            if grown or dated:
                for name in FIELDS:
                    out.flag(name in grown)
                    if name in grown:
                        out.step(grown[name])
                        widths[name] += grown[name]
                out.flag(dated)
                if dated:
                    out.number(1, 3)
                    out.number(jump, 18)
            out.flag(moved is not None)
            if moved is not None:
                out.flag(wide != widths["o"])
                if wide != widths["o"]:
                    out.step(wide - widths["o"])
                out.number(moved, 3 * wide)
        else:
            out.flag(False)
        for name in FIELDS:
            out.number(values[name], 3 * widths[name])
        last, volume, amount, day, first = c, shares, cents, jump, False
    out.bits += [1, 1, 0, 0, 0]
    return out.text()


def next_weekday(day: int) -> int:
    """The weekday after a day counted from FIRST_DAY, a Wednesday."""
    day += 1
    while (FIRST_DAY + datetime.timedelta(days=day)).weekday() > 4:
        day += 1
    return day
