"""A figure and what it shows → one HTML file that opens anywhere without a network: plotly.js from the installed wheel is written into it.

Words are escaped, the figure is data and not script, and the page's own policy lets nothing else run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from newslink.errors import NewslinkError
from newslink.export.about import About

# What plotly itself says, in Chinese; its own English where the page is English.
_WORDS = {
    "open:": "开", "high:": "高", "low:": "低", "close:": "收", "Download plot as a png": "保存为图片", "Download plot as a PNG": "保存为图片",
    "Zoom": "框选放大", "Pan": "平移", "Zoom in": "放大", "Zoom out": "缩小", "Autoscale": "自动缩放", "Reset axes": "复位",
    "Box Select": "框选", "Lasso Select": "圈选", "Double-click to zoom back out": "双击复位",
}  # fmt: skip
_START = (
    f"""
const words = {json.dumps(_WORDS, ensure_ascii=False)};
const language = document.documentElement.lang;
"""
    + """
const figure = JSON.parse(document.getElementById("figure").textContent);
const place = document.getElementById("chart");
const locale = language === "zh-CN" ? {locale: language, locales: {[language]: {dictionary: words, format: {}}}} : {};
Plotly.newPlot(place, figure.data || [], figure.layout || {}, {responsive: true, displaylogo: false, scrollZoom: true, showLink: false, ...locale});
"""
)
_STYLE = """
:root{color-scheme:light dark}
body{font:14px/1.6 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;margin:0 auto;max-width:1400px;padding:16px}
h1{font-size:20px;margin:0 0 8px}#chart{min-height:560px;height:75vh}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:16px 0}
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
"""


@lru_cache(maxsize=1)
def plotly_js() -> str:
    """plotly.min.js as the installed wheel carries it, read as a file: importing plotly costs half a second and is not needed."""
    spec = find_spec("plotly")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        path = Path(place) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise NewslinkError("plotly.min.js is not in the installed plotly package; reinstall what requirements.txt lists.")


def chart_html(figure: Mapping[str, object], about: About, script: str | None = None) -> bytes:
    """A whole page, UTF-8. figure: data and layout as plain dictionaries (numpy arrays and dates allowed; NaN becomes a gap).

    script: text of plotly.js (default: the installed wheel's).
    """
    library = (plotly_js() if script is None else script).replace("</script", "<\\/script")
    allowed = " ".join(f"'sha256-{_digest(text)}'" for text in (library, _START))
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    facts = "".join(f"<dt>{_safe(label)}</dt><dd>{_safe(value)}</dd>" for label, value in about.lines()[1:])
    language = "zh-CN" if about.language == "zh" else "en"
    page = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{_safe(about.title)}</title><style>{_STYLE}</style></head><body><h1>{_safe(about.title)}</h1>"
        f'<div id="chart"></div><dl>{facts}</dl>'
        f'<script type="application/json" id="figure">{_data(figure)}</script>'
        f"<script>{library}</script><script>{_START}</script></body></html>\n"
    )
    return page.encode("utf-8", "replace")


def _safe(text: str) -> str:
    return html.escape(str(text)[:32_000], quote=True)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8", "replace")).digest()).decode()


def _data(figure: Mapping[str, object]) -> str:
    """JSON that cannot end its element: < > & and the line separators of JavaScript are written as escapes."""
    text = json.dumps(_plain(dict(figure)), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, date | datetime):
        return None if value != value else value.isoformat()  # NaT is a datetime that is not itself
    if hasattr(value, "tolist"):  # numpy arrays and scalars, pandas columns
        plain = value.astype(str).tolist() if getattr(getattr(value, "dtype", None), "kind", "") == "M" else value.tolist()
        return [None if item == "NaT" else item for item in plain] if getattr(value.dtype, "kind", "") == "M" else _plain(plain)
    return str(value)
