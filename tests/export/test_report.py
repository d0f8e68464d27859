"""The stand-alone page: what it holds, and that Chromium draws it with the network away."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from newslink.export import About, chart_html, plotly_js

HOSTILE = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
FIGURE = {
    "data": [
        {
            "type": "candlestick",
            "x": ["2022-05-05", "2022-05-06"],
            "open": np.array([1.0, 2.0]),
            "high": [3.0, 4.0],
            "low": [0.5, 1.0],
            "close": [2.0, float("nan")],
            "name": HOSTILE,
        }
    ],
    "layout": {"title": {"text": "贵州茅台"}, "xaxis": {"type": "category", "rangeslider": {"visible": False}}},
}
ABOUT = About(HOSTILE, datetime(2022, 7, 1, tzinfo=UTC), (("<b>keyword", HOSTILE),), ("示例",))


def test_outside_text_is_escaped_and_the_figure_cannot_leave_its_element() -> None:
    page = chart_html(FIGURE, ABOUT, script="/* library */").decode()
    assert HOSTILE not in page
    assert page.count("<script") == 3
    assert "&lt;b&gt;keyword" in page
    data = json.loads(re.search(r'<script type="application/json" id="figure">(.*?)</script>', page, re.DOTALL)[1])
    assert data["data"][0]["name"] == HOSTILE
    assert data["data"][0]["close"] == [2.0, None]
    assert data["data"][0]["open"] == [1.0, 2.0]


def test_the_page_forbids_every_other_script_and_every_fetch() -> None:
    page = chart_html(FIGURE, ABOUT, script="/* library */").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert len(re.findall(r"'sha256-[^']+'", policy)) == 2
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert not re.findall(r'(?:src|href)="https?:', page)


def test_plotly_js_is_found_without_importing_plotly() -> None:
    assert "plotly.js v" in plotly_js()[:400]
    code = "import sys; from newslink.export import plotly_js; plotly_js(); sys.exit('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.browser
def test_chromium_draws_the_page_without_network_and_runs_nothing_else(tmp_path: Path, chromium: object) -> None:
    path = tmp_path / "图.html"
    path.write_bytes(chart_html(FIGURE, ABOUT))
    page = chromium.new_page()
    asked, dialogs, faults = [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("#chart .cartesianlayer .trace", timeout=90_000)
    assert page.evaluate("window.pwned") is None
    assert page.title() == HOSTILE
    page.close()
    assert not dialogs
    assert not faults
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
