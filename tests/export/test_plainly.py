"""Whole columns at once give, byte for byte, what a cell by cell writer gives: hostile texts, odd numbers, stretches of equal values."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.export import events_csv
from newslink.export.cells import named
from newslink.model import Filter
from newslink.pipeline.events import events_of
from newslink.pipeline.ingest import ingest
from newslink.prices.sample import sample_bars
from newslink.settings import Settings
from newslink.store import open_store
from tests.export.plainly import csv_of

NASTY = (
    "", " ", "=1+1", "\t=1", "\r\n@x", "－1", "000001", "1E5", "2021-12", "TRUE", 'say "no"', "a;b", "a\tb", "\x00=1", "\u200b=cmd", "五粮液", "a\r\nb",
    "\x0b", "\x7f", " lead", "trail ", "\u3000", "9" * 16, "x" * 40_000, "汉" * 32_001, "\u2028", "1:2", "12:30 ", "'", '"', ",", "\x85", "\xa0-",
)  # fmt: skip
NUMBERS = (
    0.0, -0.0, 1.0, -1.0, 0.1, 1e-11, -1e-11, 5e-11, 0.99999999999, 1e15, -1e15, 999999999999999.0, 1e-300, np.nan, np.inf, -np.inf, 0.00005, 2.5, 3.00005,
    1234.5678, 1e14 + 0.5, 17.0,
)  # fmt: skip
DAYS = ("1970-01-01", "2024-02-29", "1969-12-31", "2262-04-11", "1700-01-01", "NaT")
TEXTS = ("name", "title", "source", "url", "rule", "surface", "role", "bucket", "article", "category", "cluster", "provider", "locator")


def frame(size: int, seed: int, texts: tuple[str, ...] = NASTY, run: int = 1) -> pd.DataFrame:
    """run: how many rows in succession are alike but for their title."""
    draw = np.random.default_rng(seed)

    def some(values: object, dtype: object = object) -> np.ndarray:
        return np.repeat(draw.choice(np.array(values, dtype=dtype), size), run)[:size]

    columns: dict[str, object] = {name: pd.array(some(texts), dtype="str") for name in TEXTS}
    columns |= {name: some(DAYS, "datetime64[s]") for name in ("session", "standing")}
    numbers = ("prev_close", "open", "high", "low", "close", "return_0", "return_1", "return_5", "excess_0", "excess_1", "excess_5")
    columns |= {name: some(NUMBERS, "float64") for name in (*numbers, "relevance", "confidence", "volume", "waited")}
    seconds = some(draw.integers(-(10**9), 4 * 10**9, 40), "int64").astype("datetime64[s]")
    columns["published_at"] = pd.Series(seconds.astype("datetime64[us]")).dt.tz_localize("UTC")
    columns["fetched_at"] = pd.Series(some(DAYS, "datetime64[s]")).dt.tz_localize("UTC")
    columns |= {name: some([True, False], bool) for name in ("intraday", "date_only", "suspended", "unsettled")}
    columns["tags"] = pd.Series([tuple(draw.choice(["减持", "=1", "a b", ""], n)) for n in draw.integers(0, 3, size)], dtype=object)
    columns["title"] = pd.array(draw.choice(np.array(texts, dtype=object), size), dtype="str")
    columns["security"] = pd.array(some(["600519.SH", "00700.HK", "NIO.US"]), dtype="str")
    return pd.DataFrame(columns)


@pytest.mark.parametrize("run", [1, 2, 7])
@pytest.mark.parametrize("seed", range(4))
def test_hostile_cells(seed: int, run: int) -> None:
    rows = frame(300, seed, run=run)
    assert events_csv(rows) == csv_of(rows)


def test_the_sample(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/newslink.db")
    ingest([Path(str(files("newslink.sample").joinpath("posts")))], settings)
    shown = sample_bars()
    with open_store(settings.store_url) as store:
        names = ("600519.SH", "300750.SZ", "688111.SH", "600160.SH", "NIO.US")
        rows = events_of(store, Filter(securities=names), bars={name: shown[name] for name in names})
    assert len(rows) > 40 and rows["close"].notna().sum() > 30
    assert events_csv(named(rows)) == csv_of(named(rows))


def test_a_time_of_shanghais_summer_time_is_printed_with_the_offset_it_is_given() -> None:
    rows = frame(1, 0).assign(published_at=pd.Timestamp("1988-07-01T02:00:00Z"), fetched_at=pd.Timestamp("1890-01-01T00:00:00Z"))
    assert b"1988-07-01T10:00:00+08:00" in events_csv(rows) and b"1890-01-01T08:00:00+08:00" in events_csv(rows)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6),
    st.lists(st.floats(width=64), min_size=1, max_size=6),
)
def test_any_cells(texts: list[str], numbers: list[float]) -> None:
    rows = frame(12, 1, tuple(texts))
    for name in ("close", "return_0", "volume"):
        rows[name] = np.resize(np.array(numbers), len(rows))
    assert events_csv(rows) == csv_of(rows)
