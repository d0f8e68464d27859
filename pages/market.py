"""市场: what the news is about: most mentioned, more than usual, industries by return, news a day, the newest."""

from __future__ import annotations

from newslink.pipeline import view_lists as pipeline
from newslink.ui import market_page
from newslink.ui.shell import session
from newslink.ui.state import MARKET_GROUPS

found = session()
first, last = market_page.window(found)
loaded = pipeline.market_view(found.desk.store, found.desk.universe, first, last, found.view.filter(), MARKET_GROUPS.get(found.view.market, ()))
market_page.draw(found, loaded)
