"""K 线与新闻: the chart with every article on the session it could first move, the article beside it, the table under it."""

from __future__ import annotations

from newslink.ui import chart_page, widgets
from newslink.ui.shell import session

chart_page.page(chart_page.chosen(session()))
widgets.shortcuts()
