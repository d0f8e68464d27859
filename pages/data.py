"""数据: what came in, what did not and why, how fresh prices are, what waits for a person, and where everything lies."""

from __future__ import annotations

from newslink.pipeline import view_lists as pipeline
from newslink.ui import data_page
from newslink.ui.shell import session

found = session()
data_page.draw(found, pipeline.data_view(found.desk.store, found.desk.settings, found.desk.prices))
