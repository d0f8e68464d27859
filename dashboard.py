"""The dashboard: ``streamlit run dashboard.py``. Everything is in newslink/ui; the pages are in pages/."""

from newslink.ui.shell import run

run()
