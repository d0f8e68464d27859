"""What to study: the form of the page 事件研究, its defaults, and the study as one parameter of the URL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from newslink.errors import UnknownSecurity
from newslink.link import Universe
from newslink.model import Filter, Kind, market_of
from newslink.pipeline.bars import bars_of
from newslink.pipeline.events import events_of
from newslink.prices.instrument import instrument
from newslink.sessions import CALENDARS
from newslink.study import StudySpec
from newslink.study.spec import MODELS, RETURNS
from newslink.ui.context import Context, change
from newslink.ui.shelf import default_security, path_of, read_shelf
from newslink.ui.widgets import escaped, matches

SAMPLES = ("this", "watch", "filtered")
GROUPS = ("none", "security", "tag")
Span = tuple[int, int]
# Estimation and event window, the usual ones first. Shorter ones are for short histories: they are proposed where the longer would leave out
# more events than a study bears, and that is said.
WINDOWS: tuple[tuple[Span, Span], ...] = (
    ((-130, -11), (-5, 10)), ((-90, -11), (-5, 10)), ((-60, -11), (-5, 5)), ((-40, -6), (-5, 5)), ((-30, -6), (-3, 5)), ((-30, -4), (-3, 3)),
)  # fmt: skip
ENOUGH = 1 - StudySpec().max_loss
LOOKED_AT = 30  # securities whose bars are looked at for the defaults
ESTIMATION, EVENT = (-250, -2), (-20, 30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A study as the URL holds it. group: ``none``, ``security`` or ``tag``. benchmark: an index or fund, '' for the market's own index."""

    sample: str
    model: str
    returns: str
    group: str
    estimation: Span
    window: Span
    benchmark: str = ""

    def spec(self) -> StudySpec:
        """Raises StudyError where the windows make no sense."""
        spans = [(0, 0), (0, 1), (-1, 1), (0, 5)]
        spans = [span for span in spans if self.window[0] <= span[0] and span[1] <= self.window[1]] or [self.window]
        cars = tuple(dict.fromkeys([*spans, self.window]))
        return StudySpec(model=self.model, returns=self.returns, estimation=self.estimation, window=self.window, cars=cars)

    def text(self) -> str:
        ends = (*self.estimation, *self.window)
        return ".".join(map(str, (self.sample, self.model, self.returns, self.group, *ends, *filter(None, [self.benchmark]))))


def wanted_of(text: str) -> Wanted | None:
    """What ``Wanted.text`` made; the URL has been checked by ``state``."""
    parts = text.split(".", 8)
    if len(parts) < 8:
        return None
    first, last, start, end = map(int, parts[4:8])
    return Wanted(*parts[:4], (first, last), (start, end), "".join(parts[8:]))


def benchmark_of_text(universe: Universe, text: str) -> str:
    """The index or fund that was chosen or typed, by code or name; '' where there is none such."""
    for one in matches(universe, text):
        with suppress(UnknownSecurity):
            if instrument(one.id).kind is not Kind.STOCK:
                return one.id
    return ""


def filter_of(found: Context, sample: str) -> Filter:
    """The set of a sample within the filter and dates of the view."""
    view = found.view
    securities = {"this": (view.security,), "watch": read_shelf(path_of(found.desk)).watch, "filtered": ()}[sample]
    return replace(view.filter(with_dates=True), securities=securities)


def fitting(before: np.ndarray, after: np.ndarray) -> tuple[Span, Span]:
    """The first windows for which enough events have sessions enough; the best of them where none does.

    before, after: sessions with a bar before and after each event; -1 for an event without one.
    """
    shares = [float(((before >= 1 - estimation[0]) & (after >= window[1])).mean()) if len(before) else 1.0 for estimation, window in WINDOWS]
    place = next((at for at, share in enumerate(shares) if share >= ENOUGH), int(np.argmax(shares)))
    return WINDOWS[place]


def _usual(found: Context, sample: str) -> tuple[Span, Span]:
    desk, wanted = found.desk, filter_of(found, sample)

    def look() -> tuple[Span, Span]:
        events = events_of(desk.store, wanted, desk.universe, desk.clock)
        events = events[events["session"].notna()].drop_duplicates(["security", "session"])
        if not len(events):
            return WINDOWS[0]
        calendars = [CALENDARS.get(market_of(security), "") for security in events["security"]]
        calendar = max(calendars, key=calendars.count)
        before, after = [], []
        for security, sessions in list(events.groupby("security")["session"])[:LOOKED_AT]:
            days = bars_of(desk.store, security)["session"].to_numpy("datetime64[D]")
            place = days.searchsorted(sessions.to_numpy("datetime64[D]"))
            # A study is of one calendar; events of others are left out whatever the windows.
            studied = CALENDARS.get(market_of(str(security)), "") == calendar
            before += np.where((place < len(days)) & studied, place, -1).tolist()
            after += (len(days) - 1 - place).tolist()
        return fitting(np.array(before), np.array(after))

    return desk.answer(look, "study-windows", wanted)


def form(found: Context) -> Wanted | None:
    """The study that was asked for, here or by the link; None until there is one."""
    words = found.words
    if not found.view.security:
        change(security=default_security(found.desk))
        st.rerun()
    asked = wanted_of(found.view.study)
    sample = asked.sample if asked else "filtered" if found.desk.sample else "this"
    estimation, window = (asked.estimation, asked.window) if asked else _usual(found, sample)
    shown = asked or Wanted(sample, "market", "simple", "none", _within(estimation, ESTIMATION), _within(window, EVENT))
    with st.form("study", border=True):
        with st.container(horizontal=True, gap="medium"):
            sample = _choice(words["study_what"], SAMPLES, lambda one: _sample_name(found, one), shown.sample)
            model = _choice(words["model"], MODELS, lambda one: words[f"model_{one}"], shown.model)
            benchmark = _benchmark(found, shown.benchmark)
            names = {"simple": words["simple"], "log": words["log_returns"]}
            returns = _choice(words["returns"], RETURNS, names.get, shown.returns)
            group = _choice(words["group_by"], GROUPS, lambda one: words[f"group_{one}"], shown.group)
        left, right, button = st.columns([3, 3, 1], vertical_alignment="bottom")
        estimation = left.slider(words["estimation"], *ESTIMATION, _within(shown.estimation, ESTIMATION))
        window = right.slider(words["event_window"], *EVENT, _within(shown.window, EVENT))
        pressed = button.form_submit_button(words["run_study"], type="primary", width="stretch")
        note = words["study_first"]
        if asked is None and (shown.estimation, shown.window) != WINDOWS[0]:
            note += " " + found.say("study_short", estimation=list(WINDOWS[0][0]), window=list(WINDOWS[0][1]))
        st.caption(escaped(note))
    if pressed:
        index = benchmark_of_text(found.desk.universe, benchmark or "")
        if benchmark and not index:
            st.warning(found.words["benchmark_unknown"].replace("{text}", escaped(benchmark[:40])), icon=":material/search_off:")
        asked = Wanted(
            sample or "this", model or "market", returns or "simple", group or "none", tuple(estimation), tuple(window), index
        )  # fmt: skip
        change(study=asked.text())
    return asked


def _choice(label: str, options: Sequence[str], name: Callable[[str], str | None], default: str) -> str | None:
    return st.segmented_control(label, options, format_func=name, default=default, width="content")


def _benchmark(found: Context, chosen: str) -> str | None:
    """The market's own index, those that are known by name, or any other typed by its code: a sector's index or fund."""
    words, universe = found.words, found.desk.universe
    known = found.desk.answer(lambda: [one.id for one in universe.securities if one.kind is Kind.INDEX], "indices")
    options = ["", *dict.fromkeys([chosen, *known] if chosen else known)]

    def name(one: str) -> str:
        # A code that is typed names itself; so does one the lists do not know.
        return words["benchmark_market"] if not one else f"{universe.name_on(one)} {one}" if universe.security(one) else one

    return st.selectbox(
        words["benchmark"], options, index=options.index(chosen), format_func=lambda one: escaped(name(one)), accept_new_options=True,
        help=words["benchmark_help"], width=230,
    )  # fmt: skip


def _within(span: Span, bounds: Span) -> Span:
    return max(span[0], bounds[0]), min(span[1], bounds[1])


def _sample_name(found: Context, sample: str) -> str:
    if sample == "this" and found.view.security:
        return f"{found.words['study_this']} {escaped(found.desk.universe.name_on(found.view.security))}"
    return found.words[f"study_{sample}"]
