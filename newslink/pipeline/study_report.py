"""``StudyResult`` → an Excel workbook of every number and the spec; one HTML file with words, pictures and tables, without a network."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from newslink.chart.study import caar_figure, car_strip_figure, distribution_figure, heat_figure
from newslink.export import About, plotly_js
from newslink.study import StudyResult
from newslink.study.path import caar_path
from newslink.study.significance import TESTS
from newslink.study.tables import TABLES, excluded_table, tests_table
from newslink.study.words import REASONS, compared, headline_span, verdict

_SHEETS = {
    "zh": {"about": "说明", "caar": "平均累计异常收益", "aar": "平均异常收益", "tests": "检验", "car": "累计异常收益", "ar": "异常收益",
           "fit": "正常收益估计", "events": "事件", "excluded": "剔除"},
    "en": {"about": "About", "caar": "CAAR", "aar": "AAR", "tests": "Tests", "car": "CAR", "ar": "AR", "fit": "Fit", "events": "Events",
           "excluded": "Left out"},
}  # fmt: skip
# Tests under the names readers of the field know; what has no Chinese name keeps that of its authors.
TEST_NAMES = {
    "zh": {
        "kp": "Kolari-Pynnönen 检验", "bmp": "BMP 标准化截面检验", "rank": "Corrado 秩检验", "grank": "广义秩检验", "gsign": "广义符号检验",
        "sign": "符号检验", "patell": "Patell 检验", "crude": "Brown-Warner 检验", "cross": "截面 t 检验",
    },
    "en": {
        "kp": "Kolari-Pynnönen", "bmp": "BMP", "rank": "Corrado rank", "grank": "Generalised rank", "gsign": "Generalised sign", "sign": "Sign",
        "patell": "Patell", "crude": "Brown-Warner", "cross": "Cross-sectional t",
    },
}  # fmt: skip
_COLUMNS = {
    "zh": {
        "window": "窗口", "n": "事件数", "mean": "平均累计异常收益（%）", "p": "p 值", "adjusted": "Benjamini-Hochberg 校正后", "ticker": "证券",
        "event_date": "事件日", "reason": "原因", "group": "分组", "event_id": "编号",
    },
    "en": {
        "window": "Window", "n": "Events", "mean": "Mean CAR (%)", "p": "p", "adjusted": "Benjamini-Hochberg", "ticker": "Security",
        "event_date": "Event date", "reason": "Reason", "group": "Group", "event_id": "Event",
    },
}  # fmt: skip
_EXCEL_ROWS = 1_000_000
_STYLE = """
:root{color-scheme:light}
body{font:14px/1.7 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif;color:#1f2933}
body{margin:0 auto;max-width:1100px;padding:16px}
h1{font-size:20px}h2{font-size:16px;margin:28px 0 6px}.says{font-size:16px;font-weight:600}
table{border-collapse:collapse;font-size:13px}td,th{padding:3px 10px;border-bottom:1px solid #e9edf1;text-align:right}
td:first-child,th:first-child{text-align:left;white-space:nowrap}li{margin:2px 0}pre{background:#f6f8fa;padding:10px;overflow:auto;font-size:12px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
"""
_START = """
for (const each of JSON.parse(document.getElementById("figures").textContent))
  Plotly.newPlot(each.id, each.figure.data, each.figure.layout, {responsive: true, displaylogo: false, showLink: false});
"""


def figures_of(
    result: StudyResult, group: str, labels: Sequence[str], language: str = "zh", dark: bool = False, red_up: bool = True
) -> dict[str, dict]:
    """The four pictures of a group: path, strip, heat, distribution. labels: one an event given (as ``result.events``), for the hover."""
    path = caar_path(result, group)
    mine = result.events.group[result.kept] == group
    names = [labels[at] for at in result.kept[mine]]
    found = {"path": caar_figure(path.taus, path.aar, path.mean, path.low, path.high, language, dark, red_up)}
    at = headline_span(result)
    if at is not None:
        each = result.cars[at]
        title = f"[{each.start}, {each.end}]"
        found["strip"] = car_strip_figure(names, each.car[mine], each.s_exact[mine], title, language, dark, red_up)
        found["distribution"] = distribution_figure(each.car[mine], title, language, dark)
    found["heat"] = heat_figure(names, result.taus, result.abnormal[mine], language, dark, red_up)
    return found


def labels_of(result: StudyResult, titles: Sequence[str] | None = None) -> list[str]:
    """What an event is called in pictures: security and session, and its headline where there is one."""
    events = result.events
    plain = [f"{name} {day}" for name, day in zip(events.security.tolist(), events.session.astype(str).tolist(), strict=True)]
    return plain if titles is None else [f"{one} {str(title)[:60]}" for one, title in zip(plain, titles, strict=True)]


def study_excel(result: StudyResult, about: About, run: str = "study") -> bytes:
    """Every table on its sheet, the spec and the sentences on the first. Text stays text: nothing in a cell is a formula or a link."""
    sheets = _SHEETS.get(about.language, _SHEETS["en"])
    file = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": False}
    with pd.ExcelWriter(file, engine="xlsxwriter", engine_kwargs={"options": options}) as book:
        rows = [*about.lines(), *((name, json.dumps(value)) for name, value in result.spec.as_dict().items())]
        for group in dict.fromkeys(result.events.group.tolist()):
            said = verdict(result, group, about.language)
            rows += [(str(group), sentence) for sentence in (said.tested, *said.says, *said.limits) if sentence]
        pd.DataFrame(rows).to_excel(book, sheet_name=sheets["about"], index=False, header=False)
        book.sheets[sheets["about"]].set_column(0, 0, 24)
        book.sheets[sheets["about"]].set_column(1, 1, 110)
        for name in ("caar", "aar", "tests", "car", "ar", "fit", "events", "excluded"):
            if result.refused and name in {"caar", "aar", "tests"}:
                continue
            table = TABLES[name](result, run).head(_EXCEL_ROWS)
            table.to_excel(book, sheet_name=sheets[name], index=False, freeze_panes=(1, 0))
            book.sheets[sheets[name]].set_column(0, len(table.columns), 14)
    return file.getvalue()


def study_html(result: StudyResult, about: About, labels: Sequence[str] | None = None, script: str | None = None) -> bytes:
    """A whole page, UTF-8: the verdict and its limits, the pictures, the tests, what was left out, the spec. script: text of plotly.js."""
    labels = labels or labels_of(result)
    library = (plotly_js() if script is None else script).replace("</script", "<\\/script")
    allowed = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (library, _START))
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    parts, figures = [], []
    several = len(set(result.events.group.tolist())) > 1
    for number, group in enumerate(dict.fromkeys(result.events.group.tolist())):
        said = verdict(result, group, about.language)
        heading = f"<h2>{_safe(group)}</h2>" if several else ""
        parts.append(f"{heading}<p>{_safe(said.tested)}</p>")
        parts += [f'<p class="says">{_safe(line)}</p>' for line in said.says]
        if group in result.spans and not result.refused:
            for name, figure in figures_of(result, group, labels, about.language).items():
                figures.append({"id": f"f{number}-{name}", "figure": figure})
                parts.append(f'<div id="f{number}-{name}"></div>')
            parts.append(_tests(result, group, about.language))
        parts.append("<ul>" + "".join(f"<li>{_safe(line)}</li>" for line in said.limits) + "</ul>")
    left_out = _left_out(result, about.language)
    if len(left_out):
        parts.append(f"<h2>{_safe(_SHEETS.get(about.language, _SHEETS['en'])['excluded'])}</h2>{_table(left_out.astype(str))}")
    facts = "".join(f"<dt>{_safe(label)}</dt><dd>{_safe(value)}</dd>" for label, value in about.lines()[1:])
    data = json.dumps(figures, ensure_ascii=False, allow_nan=False)
    for mark in "<>&\u2028\u2029":
        data = data.replace(mark, f"\\u{ord(mark):04x}")
    spec = _safe(json.dumps(result.spec.as_dict(), indent=1))
    page = (
        f'<!doctype html><html lang="{"zh-CN" if about.language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_safe(about.title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{_safe(about.title)}</h1>{''.join(parts)}<pre>{spec}</pre><dl>{facts}</dl>"
        f'<script type="application/json" id="figures">{data}</script><script>{library}</script><script>{_START}</script></body></html>\n'
    )
    return page.encode("utf-8", "replace")


def _left_out(result: StudyResult, language: str) -> pd.DataFrame:
    """Events that were left out with their reason, in words."""
    table, said, names = excluded_table(result, ""), REASONS.get(language, REASONS["en"]), _words(language)
    told = ["event_id", *(["group"] if table["group"].nunique() > 1 else []), "ticker", "event_date", "reason"]
    shown = table[told].assign(reason=[said.get(one, str(one)) for one in table["reason"]])
    return shown.rename(columns=names)


def _words(language: str) -> dict[str, str]:
    return _COLUMNS.get(language, _COLUMNS["en"])


def _tests(result: StudyResult, group: str, language: str) -> str:
    """p of every test of the group's windows; of the headline also the one adjusted for every window and group of the study."""
    tests, long, words = result.spans[group], tests_table(result, ""), _words(language)
    names = TEST_NAMES.get(language, TEST_NAMES["en"])
    adjusted = long[(long["test"] == "kp") & (long["group"] == group)]["p_adjusted"].to_numpy(float)
    rows = []
    for at, (start, end) in enumerate(result.spec.cars):
        row = {words["window"]: f"[{start}, {end}]", words["n"]: str(int(tests["n"][at])), words["mean"]: f"{100 * tests['mean'][at]:+.2f}"}
        for name, (_, p) in TESTS.items():
            row[f"{names[name]} {words['p']}"] = _p(tests[p][at])
            if name == "kp":
                row[words["adjusted"]] = _p(adjusted[at])
        rows.append(row)
    return _table(pd.DataFrame(rows)) if rows else ""


def _p(p: float) -> str:
    return "–" if np.isnan(p) else compared(p).removeprefix("= ")


def _table(frame: pd.DataFrame) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in frame.columns)
    body = "".join("<tr>" + "".join(f"<td>{_safe(value)}</td>" for value in row) + "</tr>" for row in frame.itertuples(index=False))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _safe(text: object) -> str:
    return html.escape(str(text)[:32_000], quote=True)
