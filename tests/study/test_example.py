"""The figures of docs/event-study-example.md are those the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from newslink.study import Events, run_study
from newslink.study.words import verdict
from tests.study.example import SPEC, example

PAGE = Path(__file__).resolve().parents[2] / "docs/event-study-example.md"


@pytest.fixture(scope="module")
def found(shared):
    return example(shared)


def table(head: str) -> list[list[str]]:
    """Rows of the table whose first heading is head."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {head} |")) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_events_of_the_page(found) -> None:
    result, events, rows = found
    assert (len(rows), len(events), len(result.kept)) == (15, 14, 12)
    assert sorted(result.reason[result.reason != ""].astype(str)) == ["insufficient_history"] * 2
    assert (rows["bucket"] == "after_close").sum() == 8 and (rows["bucket"] == "closed_day").sum() == 2
    expected = []
    for place, at in enumerate(result.kept):
        event = events.iloc[at]
        scar = result.cars[1].car[place] / result.cars[1].s_exact[place]
        sums = [f"{100 * each.car[place]:+.2f}" for each in result.cars]
        expected.append([event.security, str(event.session.date()), event.buckets[0], *sums, f"{scar:+.2f}"])
    assert table("security") == expected


def test_the_tests_of_the_page(found) -> None:
    result = found[0]
    tests = result.spans["all"]
    expected = []
    for at, (start, end) in enumerate(result.spec.cars):
        p = [f"{tests[name][at]:.3f}" for name in ("p_kp", "p_bmp", "p_patell", "p_rank", "p_gsign")]
        expected.append([f"[{start},{end}]", str(tests["n"][at]), str(tests["pos"][at]), f"{100 * tests['mean'][at]:+.2f}", *p])
    assert table("window") == expected


def test_the_conclusions_of_the_page(found) -> None:
    result, events, _ = found
    text = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    said = verdict(result, "all", "en")
    assert said.verdict == "chance" and "adjusted for 5 tests, p = 0.86" in said.says[0] and "0.86 adjusted for the five" in text
    scars = result.cars[1].car / result.cars[1].s_exact
    assert (np.abs(scars) > 1.96).sum() == 3 and round(stats.binom.sf(2, 12, 0.05), 2) == 0.02
    # The same events on the calendar day of publication instead of the session that could move.
    dates, kept = result.panel.dates, result.kept
    published = np.array([np.datetime64(moment.date(), "D") for moment in events["published_at"].iloc[kept]])
    slipped = dates[np.searchsorted(dates, published)]
    assert (slipped != result.events.session[kept]).sum() == 8
    other = run_study(result.panel, Events(result.events.id[kept], result.events.group[kept], result.events.security[kept], slipped), SPEC)
    right, wrong = (np.abs(each.abnormal[:, 10] / each.error[:, 10]).mean() for each in (result, other))
    assert f"falls from {right:.2f} to {wrong:.2f}" in text
    at = result.events.security[kept].tolist().index("000858.SZ")
    assert result.windows.wr[at, 10] == pytest.approx(-0.1, abs=5e-4) and result.windows.wm[at, 10] == pytest.approx(-0.030, abs=6e-4)
