"""K 线与新闻: the chart with every article on the session it could first move, the article beside it, the table under it."""

from __future__ import annotations

import streamlit as st

from newslink.ui import chart_page, widgets
from newslink.ui.desk import fetch
from newslink.ui.facts import facts
from newslink.ui.shell import session

found = session()
chart_page.bar(found)
view = chart_page.load(found)
missing = view.staleness.last_session is None or (
    view.staleness.expected_session is not None and view.staleness.last_session < view.staleness.expected_session
)
job = fetch(found.desk, view.security.id, wanted=missing)
# What comes and goes has a place that stays, so that what follows is not laid out anew.
with st.container():
    chart_page.notices(found, view)
facts(found, view, job)
with st.container():
    if job is not None and job.job.running:
        chart_page.wait_for(found, view.security.id)
    chart_page.no_prices(found, view)
chart_page.workbench(found, view)
st.divider()
with st.expander(f"{found.words['watch']} · {found.words['views']}"):
    chart_page.shelf(found, view.security.id)
widgets.shortcuts()
