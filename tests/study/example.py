"""The worked example of docs/event-study-example.md, computed from ../shared: news items → sessions → events → study."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from newslink.events import group_events, stand_on_bars
from newslink.sessions import SessionClock
from newslink.study import Events, Panel, StudyResult, StudySpec, run_study

BEIJING = ZoneInfo("Asia/Shanghai")
SPEC = StudySpec(cars=((0, 0), (0, 1), (-1, 1), (-10, -1), (1, 10)))


def bars_of(folder: Path, code: str) -> pd.DataFrame | None:
    """Daily bars with the reference price: raw from 2020 on; before it a multiplicatively adjusted series, whose returns are the same."""
    raw, ratio = sorted(folder.glob(f"{code}.*.baostock.raw.csv")), sorted(folder.glob(f"{code}.*.vic.qfq-ratio.csv"))
    if not raw:
        return None
    frame = pd.read_csv(raw[0], parse_dates=["date"]).rename(columns={"date": "session", "preclose": "prev_close"})
    frame = frame[frame["tradestatus"] == 1] if "tradestatus" in frame else frame
    if ratio:
        early = pd.read_csv(ratio[0], parse_dates=["date"]).rename(columns={"date": "session"})
        early["prev_close"] = early["close"].shift(1)
        frame = pd.concat([early[early["session"] < frame["session"].iloc[0]], frame])
    columns = ["session", "open", "high", "low", "close", "prev_close", "volume"]
    return frame[columns].astype(dict.fromkeys(columns[1:], float)).assign(provisional=False).reset_index(drop=True)


def example(shared: Path) -> tuple[StudyResult, pd.DataFrame, pd.DataFrame]:
    """(result, the events, the link rows they were made of)."""
    clock = SessionClock()
    with gzip.open(shared / "astock/val.tsv.gz", "rt", encoding="utf-8", newline="") as file:
        news = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    bars, rows = {}, []
    for number, item in enumerate(news):
        market = "SH" if item["CODE"][0] in "69" else "SZ"
        security = f"{item['CODE']}.{market}"
        if security not in bars:
            bars[security] = bars_of(shared / "prices", item["CODE"])
        if bars[security] is None:
            continue
        published = datetime.fromisoformat(item["DATE"]).replace(tzinfo=BEIJING)
        standing = clock.standing(market, published)
        rows.append((str(number), security, standing.session, str(standing.bucket), pd.Timestamp(published), standing.date_only))
    frame = pd.DataFrame(rows, columns=["article", "security", "session", "bucket", "published_at", "date_only"])
    index = pd.read_csv(shared / "prices/000300.SH.index.tushare.index.csv")
    index["session"] = pd.to_datetime(index["date"].astype(str))
    index = index.sort_values("session")
    level = pd.Series(index["close"].to_numpy(float), index=index["session"].to_numpy("datetime64[D]"))
    benchmark = pd.DataFrame({"session": level.index, "close": level.to_numpy(), "prev_close": level.shift(1).to_numpy()})
    known = {security: each for security, each in bars.items() if each is not None}
    events = group_events(stand_on_bars(frame, known, clock, {"SH": benchmark, "SZ": benchmark}))
    dates = clock.sessions("SH", level.index[0], np.datetime64("2025-04-07"))
    names = np.array(sorted(known), dtype=object)
    panel = Panel(dates, names, np.column_stack([_on(dates, known[name]) for name in names]), _on(dates, benchmark))
    flags = {name: events[name].to_numpy(bool) for name in ("intraday", "date_only", "suspended")}
    given = Events(
        np.arange(1, len(events) + 1).astype(object), np.full(len(events), "all", dtype=object), events["security"].to_numpy(object),
        events["session"].to_numpy("datetime64[D]"), flags,
    )  # fmt: skip
    return run_study(panel, given, SPEC, strict=False), events, frame


def _on(dates: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    change = pd.Series((frame["close"] / frame["prev_close"] - 1).to_numpy(), index=frame["session"].to_numpy("datetime64[D]"))
    return change.reindex(dates).to_numpy(float)


if __name__ == "__main__":
    from newslink.study.tables import excluded_table
    from newslink.study.words import verdict

    result, events, rows = example(Path(__file__).resolve().parents[3] / "shared")
    print(len(rows), "items,", len(events), "events,", len(result.kept), "kept")
    print(excluded_table(result, "example").to_string())
    for place, at in enumerate(result.kept):
        event = events.iloc[at]
        sums = [f"{each.car[place]:+.2%}" for each in result.cars]
        print(event.security, event.session.date(), event.buckets, *sums,
              f"{result.cars[1].car[place] / result.cars[1].s_exact[place]:+.2f}")  # fmt: skip
    for at, span in enumerate(result.spec.cars):
        print(span, {name: round(float(values[at]), 4) for name, values in result.spans["all"].items()})
    for language in ("zh", "en"):
        said = verdict(result, "all", language)
        print(said.verdict, said.says, said.limits)
