"""Colours, shapes and fonts of every picture, light and dark.

Rising and falling differ in colour and in body (hollow, solid), roles and tags in colour and in shape, so nothing hangs on telling red
from green.
"""

from __future__ import annotations

from dataclasses import dataclass

# Families that carry Chinese on Windows, macOS, Linux, Android; the browser takes the first it has.
FONT = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC","WenQuanYi Micro Hei",sans-serif'


@dataclass(frozen=True, slots=True)
class Palette:
    paper: str
    text: str
    faint: str
    grid: str
    red: str
    green: str
    lines: tuple[str, ...]
    benchmark: str
    density: str
    selected: str


LIGHT = Palette(
    paper="#ffffff",
    text="#1f2933",
    faint="#6b7785",
    grid="#e9edf1",
    red="#d9363e",
    green="#0f8a5f",
    lines=("#c98a00", "#2f6fde", "#a23bb5", "#5b6b7b"),
    benchmark="#7a5cff",
    density="#9fb3c8",
    selected="rgba(47,111,222,0.16)",
)
DARK = Palette(
    paper="#0e1420",
    text="#dfe6ee",
    faint="#8b98a9",
    grid="#1e2836",
    red="#ff5a5f",
    green="#2ec08b",
    lines=("#f0b429", "#5aa2ff", "#d77bea", "#9fb0c3"),
    benchmark="#a78bfa",
    density="#41556e",
    selected="rgba(90,162,255,0.22)",
)

# Blue, orange, teal, grey: apart for the three common kinds of colour blindness.
ROLE_STYLE = {
    "subject": ("#1f5fd0", "circle"),
    "mention": ("#e08600", "diamond"),
    "source": ("#0f9aa8", "square"),
    "list": ("#8793a1", "triangle-down"),
}
TAG_COLOURS = ("#1f5fd0", "#e08600", "#0f9aa8", "#b5379b", "#6a8f00", "#7a5cff")
TAG_SHAPES = ("circle", "diamond", "square", "hexagon", "star", "triangle-up")
OTHER_STYLE = ("#8793a1", "triangle-down")


def palette(dark: bool) -> Palette:
    return DARK if dark else LIGHT


def rising_falling(colours: Palette, red_up: bool) -> tuple[str, str]:
    """(colour of rising, colour of falling)."""
    return (colours.red, colours.green) if red_up else (colours.green, colours.red)


def base_layout(dark: bool, height: int | None = None) -> dict:
    """What all layouts share."""
    colours = palette(dark)
    layout: dict = {
        "paper_bgcolor": colours.paper,
        "plot_bgcolor": colours.paper,
        "font": {"family": FONT, "color": colours.text, "size": 12},
        "margin": {"l": 8, "r": 56, "t": 8, "b": 24},
        "hoverlabel": {"font": {"family": FONT, "size": 12}, "align": "left"},
    }
    if height is not None:
        layout["height"] = height
    return layout
