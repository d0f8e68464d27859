"""Minute bars of the last sessions with the news of those days: fetched when asked for, never stored, never on the way to a first paint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import streamlit as st

from newslink.chart.minutes import minute_figure
from newslink.errors import NewslinkError
from newslink.model import market_of
from newslink.pipeline.view_types import ChartView
from newslink.ui.context import Context
from newslink.ui.problems import problem
from newslink.ui.widgets import escaped

_KEEP_SECONDS = 60


def draw(found: Context, view: ChartView, height: int) -> Callable[[], dict] | None:
    """The minute chart, or why there is none. Gives how to come by its figure."""
    words = found.words
    if found.desk.settings.offline or found.desk.sample:
        st.info(words["minute_none"].replace("{reason}", words["sample" if found.desk.sample else "offline"]), icon=":material/schedule:")
        return None
    key = (view.security.id, found.view.period)
    kept = st.session_state.get("minute")
    if kept is None or kept[0] != key or (datetime.now(UTC) - kept[1]).total_seconds() > _KEEP_SECONDS:
        with st.spinner(words["fetching"]):
            try:
                bars = in_utc(found.desk.prices.minute(view.security.id, found.view.period), market_of(view.security.id))
            except NewslinkError as error:
                st.warning(words["minute_none"].replace("{reason}", escaped(problem(error, found.language)[:400])), icon=":material/cloud_off:")
                return None
        st.session_state["minute"] = kept = (key, datetime.now(UTC), bars)
    figure = minute_figure(
        kept[2], first_bar_after(kept[2], view.events), found.dark, not found.view.green_up, height, found.language
    )
    st.plotly_chart(figure, key="minute-chart", config=_config(found))
    st.caption(words["minute_note"])
    return lambda: figure


def _config(found: Context) -> dict:
    """Plotly's own words on a candle in the language of the screen."""
    dictionary = {f"{name}:": found.words[name] for name in ("open", "high", "low", "close")}
    own = {"locale": "newslink", "locales": {"newslink": {"dictionary": dictionary, "format": {}}}}
    return {"displaylogo": False, "displayModeBar": False, "scrollZoom": True} | own


def in_utc(bars: pd.DataFrame, market: str) -> pd.DataFrame:
    """The bars with ``time``, the exchange's wall clock, as UTC."""
    zone = "America/New_York" if market == "US" else "Asia/Shanghai"
    return bars.assign(time=pd.DatetimeIndex(bars["time"]).tz_localize(zone).tz_convert("UTC"))


def first_bar_after(bars: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Events → bar (its number), title, published_at: the first minute bar that ends after publication. bars: ``time`` in UTC.

    What was published before the first bar's weekend, or after the last bar, stands on no bar and is left out.
    """
    ends = pd.DatetimeIndex(bars["time"]).as_unit("s")
    times = pd.DatetimeIndex(events["published_at"])
    times = (times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")).as_unit("s")
    known = ~times.isna()
    if not len(ends) or not known.any():
        return pd.DataFrame({"bar": np.zeros(0, np.int64), "title": [], "published_at": []})
    place = ends.searchsorted(times, side="right")
    inside = known & (place < len(ends)) & (times >= ends[0] - pd.Timedelta(days=4))
    titles = events["title"].to_numpy(object)[inside]
    return pd.DataFrame({"bar": place[inside], "title": titles, "published_at": events["published_at"].array[inside]})
