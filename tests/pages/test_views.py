"""What a screen keeps between two filters changes nothing of what is shown, and what is drawn fast is what is drawn slowly."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData

from benchmarks.screen_world import SECURITY, days_of, entries, fill
from newslink.link import Universe
from newslink.model import Filter, Name, NameKind, Role, Security
from newslink.pipeline.clock import clock_of
from newslink.pipeline.events import _names
from newslink.pipeline.linking import universe_of
from newslink.pipeline.view import chart_view
from newslink.store import open_store
from newslink.ui import tables
from newslink.ui.answers import Answers
from newslink.ui.context import Context
from newslink.ui.state import View
from newslink.ui.tables import direction_style
from newslink.ui.texts import words

NOW = datetime(2026, 1, 5, 4, tzinfo=UTC)
WINDOWS = [(date(2024, 1, 1), date(2024, 12, 31)), (date(1990, 1, 1), date(2025, 12, 31)), (date(2025, 12, 31), date(2025, 12, 31))]
FILTERS = [
    Filter(),
    Filter(roles=(Role.SUBJECT,)),
    Filter(tags=("回购",), sources=("财联社", "证券时报")),
    Filter(keyword="回购", min_relevance=0.5),
    Filter(fold_copies=True, categories=("公告",)),
    Filter(keyword="绝不会有的词组"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("world")
    fill(Path(home), 900, 300)
    with open_store(f"sqlite:///{home / 'newslink.db'}") as store:
        yield store, universe_of(store), clock_of(store)


def test_a_view_from_kept_parts_is_the_view_made_from_nothing(world):
    store, universe, clock = world
    kept = Answers()
    seen = set()
    for _ in range(2):  # the second time everything is kept
        for start, end in WINDOWS:
            for wanted in FILTERS:
                asked = (store, universe, clock, SECURITY, start, end, wanted, "qfq", NOW)
                plain = chart_view(*asked)
                quick = chart_view(*asked, lambda make, *question: kept.get(question, make))
                for field in fields(plain):
                    one, other = getattr(plain, field.name), getattr(quick, field.name)
                    if isinstance(one, pd.DataFrame):
                        pd.testing.assert_frame_equal(one, other)
                    elif isinstance(one, np.ndarray):
                        assert one.tolist() == other.tolist(), field.name
                    else:
                        assert one == other, field.name
                # The rows are those that the store itself finds for the filter.
                whole = store.rows(Filter(**{f.name: getattr(wanted, f.name) for f in fields(wanted)} | {"securities": (SECURITY,), "start": start, "end": end}))  # fmt: skip # noqa: E501
                assert quick.events["article"].tolist() == whole["article"].tolist()
                pd.testing.assert_frame_equal(quick.whole.iloc[quick.rows].reset_index(drop=True), quick.events)
                counts = quick.counts
                assert counts.security_linked == counts.on_chart + counts.outside_window + counts.filtered_out
                seen.add(len(whole))
    assert len(seen) > 6  # the filters do restrict


def test_the_counts_of_a_chart_add_up_while_articles_come_in(tmp_path):
    fill(tmp_path, 300, 40)
    late = iter(entries(days_of(300), 80))
    with open_store(f"sqlite:///{tmp_path / 'newslink.db'}") as store, open_store(f"sqlite:///{tmp_path / 'newslink.db'}") as writer:
        arrived = 0

        def answer(make, *question):
            """After each part of the view another article is stored, as a watch does."""
            nonlocal arrived
            made = make()
            entry = next(late)
            article = replace(entry.article, id=f"late:{arrived}", origins=(replace(entry.article.origins[0], locator=f"late:{arrived}"),))
            writer.put([replace(entry, article=article)])
            arrived += 1
            return made

        span = (date(1990, 1, 1), date(2030, 1, 1))
        view = chart_view(store, universe_of(store), clock_of(store), SECURITY, *span, Filter(roles=(Role.SUBJECT,)), "qfq", NOW, answer)
        counts = view.counts
        assert arrived > 4
        assert (counts.received, counts.security_linked, counts.outside_window) == (40, 40, 0)
        assert counts.on_chart + counts.filtered_out == 40
        assert store.counts().ingested == 40 + arrived


@pytest.mark.parametrize("worded", [10_000, 0])
def test_the_table_of_a_filter_is_the_filtered_table(world, monkeypatch, worded):
    """Cut from the window's table, or, of a window too large for that, made from its own events: the same."""
    store, universe, clock = world
    monkeypatch.setattr(tables, "WORDED", worded)
    monkeypatch.setattr(tables, "SHOWN", 50)
    kept = Answers()
    desk = SimpleNamespace(answer=lambda make, *question: kept.get(question, make))
    found = Context(desk, View(), words("zh"), "zh", False)
    lengths = set()
    for start, end in WINDOWS:
        for wanted in FILTERS:
            view = chart_view(store, universe, clock, SECURITY, start, end, wanted, "qfq", NOW, desk.answer)
            table = tables.events_table(found, view)
            cells = table.cells if isinstance(table.cells, pa.Table) else pa.Table.from_pandas(table.cells.data)
            newest = view.events.sort_values("published_at", ascending=False, kind="stable", na_position="last").head(50)
            assert cells.num_rows == len(newest)
            if len(newest):  # of no rows every column is of no kind
                pd.testing.assert_frame_equal(cells.to_pandas(), tables.events_frame(found, newest))
            assert view.whole["article"].iloc[table.rows].tolist() == newest["article"].tolist()
            lengths.add(len(newest))
    assert {0, 50} < lengths


DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from("甲乙丙丁"), st.none() | DAYS, st.none() | DAYS, st.sampled_from([NameKind.SHORT, NameKind.FORMER])),
        max_size=6,
    ),
    st.lists(st.none() | DAYS, min_size=1, max_size=40),
)
def test_names_of_many_days_are_those_of_each_day(given_names, days):
    names = [Name("600001.SH", text * 2, kind, first, last) for text, first, last, kind in given_names]
    universe = Universe([Security("600001.SH", "今名")], names)
    edges = [day + timedelta(days=step) for name in names for day in (name.valid_from, name.valid_to) if day for step in (-1, 0, 1)]
    asked = [*days, *edges]
    found = _names(universe, "600001.SH", np.array([np.datetime64("NaT") if day is None else day for day in asked], "datetime64[D]"))
    assert found.tolist() == [universe.name_on("600001.SH", day) for day in asked]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(*[st.floats(-0.2, 0.2) | st.just(float("nan")) | st.just(0.0)] * 2), min_size=1, max_size=20), st.booleans())
def test_the_colours_of_a_table_are_those_that_pandas_works_out(rows, green_up):
    frame = pd.DataFrame(rows, columns=["T+0", "T+1"]).assign(标题="文")
    up, down = ("#0b7a53", "#c9262e") if green_up else ("#c9262e", "#0b7a53")
    slow = frame.style.map(lambda v: f"color: {up}" if v > 0 else f"color: {down}" if v < 0 else "", subset=["T+0", "T+1"])
    assert _coloured(slow) == _coloured(direction_style(frame, ["T+0", "T+1"], dark=False, green_up=green_up))


def test_cells_of_a_coloured_table_show_their_text_and_numbers_as_the_browser_formats_them():
    frame = pd.DataFrame({"标题": ["一", "二"], "T+0": [0.5, -0.5], "篇": [1, 2]})
    sent = ArrowData()
    marshall_styler(sent, direction_style(frame, ["T+0"], dark=False, green_up=False), "u")
    shown = pa.ipc.open_stream(sent.styler.display_values).read_all().to_pylist()
    assert [row["标题"] for row in shown] == ["一", "二"]
    assert {row[name] for row in shown for name in ("T+0", "篇")} == {None}  # a number here is an error in the browser


def _coloured(style) -> dict[str, str]:
    """Cell → what Streamlit sends of its style."""
    sent = ArrowData()
    marshall_styler(sent, style.set_uuid("u"), "u")
    out = {}
    for rule in filter(None, sent.styler.styles.split("\n")):
        cells, _, declared = rule.partition(" {")
        out |= dict.fromkeys(cells.split(", "), declared)
    return out
