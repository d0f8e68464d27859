"""The lines of facts over a chart: price, where it is from and how old, counts that reconcile. HTML of ours around escaped text."""

from __future__ import annotations

import streamlit as st

from newslink.pipeline.view_types import ChartView, Counts
from newslink.ui import numbers
from newslink.ui.context import Context
from newslink.ui.desk import Fetch
from newslink.ui.html import badge, text
from newslink.ui.problems import provider_name
from newslink.ui.widgets import filters_mark


def quote_html(found: Context, view: ChartView) -> str:
    """Name, code, last price, change, the day's prices, turnover."""
    words, quote = found.words, view.quote
    head = f'<div class="nl-quote"><b>{text(view.name, 40)}</b><small>{text(view.security.id)}</small>'
    if found.desk.sample or view.staleness.sample:
        head += badge(words["sample"], "nl-sample")
    if quote is None:
        return f"{head}<small>{text(words['no_bars'])}</small></div>"
    change = quote.close / quote.prev_close - 1 if quote.prev_close and quote.prev_close == quote.prev_close else None
    moved = None if change is None else quote.close - quote.prev_close
    kind = "" if not change else "nl-up" if change > 0 else "nl-down"
    arrow = "" if not change else "▲" if change > 0 else "▼"
    parts = [
        head,
        f'<span class="nl-last {kind}">{numbers.price(quote.close, quote.currency)}</span>',
        f'<span class="{kind}">{arrow} {numbers.signed(moved)} {numbers.percent(change)}</span>',
    ]
    for label, value in (("open", quote.open), ("high", quote.high), ("low", quote.low), ("prev_close", quote.prev_close)):
        parts.append(f"<small>{text(words[label])} {numbers.price(value)}</small>")
    parts.append(f"<small>{text(words['volume'])} {numbers.amount(quote.volume, found.language)}{text(words['shares'])}</small>")
    if not numbers.missing(quote.amount):
        parts.append(f"<small>{text(words['amount'])} {numbers.amount(quote.amount, found.language)}</small>")
    if quote.provisional:
        parts.append(badge(words["provisional"]))
    return "".join(parts) + "</div>"


def staleness_html(found: Context, view: ChartView, fetch: Fetch | None) -> str:
    """Source, last session, when fetched, and whether something is missing."""
    words, state = found.words, view.staleness
    parts = []
    if state.last_session is None:
        parts.append(f'<span class="nl-warn">{text(words["as_of_none"])}</span>')
    else:
        provider = words["sample"] if state.sample else provider_name(state.provider, found.language)
        parts.append(text(found.say("as_of", provider=provider, day=numbers.day(state.last_session))))
        if state.fetched_at is not None:
            parts.append(text(found.say("fetched_at", time=numbers.clock(state.fetched_at))))
    if state.expected_session and (state.last_session is None or state.last_session < state.expected_session):
        if not found.desk.sample:
            parts.append(f'<span class="nl-warn">{text(found.say("stale", day=numbers.day(state.expected_session)))}</span>')
    elif state.last_session is not None:
        parts.append(text(words["fresh"]))
    if fetch is not None and fetch.job.running:
        parts.append(text(words["fetching"]))
    elif fetch is not None and fetch.problem:
        parts.append(f'<span class="nl-warn">{text(words["provider_down"])}</span>')
    if found.desk.settings.offline:
        parts.append(text(words["offline"]))
    return "".join(f"<span>{part}</span>" for part in parts)


def counts_html(found: Context, counts: Counts, security: bool = True) -> str:
    """收录 = 已关联 + 未关联 + 拒收; of the security: 已关联 = 图上 + 窗口外 + 被筛掉."""
    words = found.words

    def said(key: str, number: int) -> str:
        return f"{text(words[key])} {number:,}"

    store = " + ".join(said(key, getattr(counts, key)) for key in ("linked", "unlinked", "rejected"))
    parts = [f"{said('received', counts.received)} = {store}"]
    if security:
        own = f"{text(words['this_security'])} {said('linked', counts.security_linked)} = {said('on_chart', counts.on_chart)}"
        own += f" + {said('outside', counts.outside_window)}"
        if counts.filtered_out:
            own += f" + {said('filtered', counts.filtered_out)}"
        parts.append(own)
    help_text = text(words["counts_help"])
    return "".join(f'<span title="{help_text}">{part}</span>' for part in parts)


def facts(found: Context, view: ChartView, fetch: Fetch | None) -> None:
    st.html(filters_mark(found))
    st.html(
        quote_html(found, view) + f'<div class="nl-line2">{staleness_html(found, view, fetch)}</div>'
        f'<div class="nl-line2">{counts_html(found, view.counts)}</div>'
    )
