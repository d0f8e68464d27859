"""事件研究: did the news move the price, by tests that hold up, in words and pictures."""

from __future__ import annotations

from newslink.ui import study_form, study_page
from newslink.ui.shell import session

found = session()
wanted = study_form.form(found)
study_page.results(found, wanted)
