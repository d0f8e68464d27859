"""新闻: search and read everything in the store; reposts folded, words lit up, corrections one click away."""

from __future__ import annotations

from newslink.pipeline import view_lists as pipeline
from newslink.ui import news_page, widgets
from newslink.ui.shell import session

found = session()
view = found.view
loaded = pipeline.news_view(
    found.desk.store, found.desk.universe, news_page.filter_of(view), (view.page - 1) * news_page.SIZE, news_page.SIZE
)
news_page.filters(found, loaded.facets)
news_page.results(found, loaded)
widgets.shortcuts()
