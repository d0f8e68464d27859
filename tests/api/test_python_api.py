"""``newslink.open``: frames with the documented columns and types, the same rows as the HTTP API, and the notebook that shows it."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from starlette.testclient import TestClient

import newslink
from newslink.errors import QueryError, UnknownSecurity
from newslink.export import NAMES, records

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def archive(store_url: str):
    with newslink.open(store_url) as opened:
        yield opened


def test_columns_and_types_are_the_documented_ones(archive) -> None:
    events = archive.events("贵州茅台", "2021-11-01", date(2022, 6, 30))
    assert list(events.columns) == list(NAMES)
    assert events["session"].dtype == "datetime64[s]"
    assert str(events["published_at"].dtype) == "datetime64[s, Asia/Shanghai]"
    assert events["return_0"].dtype == "float64"
    assert events["session"].is_monotonic_increasing
    assert isinstance(events["tags"].iloc[0], tuple)
    assert len(archive.events("贵州茅台", "1999-01-01", "1999-12-31").columns) == len(NAMES)


def test_rows_are_those_of_the_http_api_and_of_the_csv(archive, client: TestClient) -> None:
    frame = archive.events(["600519.SH", "NIO.US"], roles="subject")
    rows = client.get("/api/events", params=[("security", "600519.SH"), ("security", "NIO.US"), ("role", "subject")]).json()["rows"]
    assert records(frame) == rows
    content = archive.events_csv(["600519.SH", "NIO.US"], roles="subject")
    parsed = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["article"] for row in parsed] == list(frame["article"])


def test_returns_are_those_of_the_bars(archive) -> None:
    events, bars = archive.events("宁德时代"), archive.bars("300750.SZ").set_index("session")
    for row in events.itertuples():
        bar = bars.loc[row.session]
        assert row.return_0 == pytest.approx(bar["close"] / bar["prev_close"] - 1)
        assert (row.open, row.high, row.low) == (bar["open"], bar["high"], bar["low"])


def test_wrong_words_are_errors_of_ours(archive) -> None:
    with pytest.raises(UnknownSecurity):
        archive.events("没有这家公司")
    for wrong in ({"start": "yesterday"}, {"roles": "hero"}, {"min_relevance": 2.0}):
        with pytest.raises(QueryError):
            archive.events("贵州茅台", **wrong)
    with pytest.raises(QueryError):
        archive.bars("贵州茅台", adjust="magic")
    with pytest.raises(KeyError):
        archive.article("nothing")


def test_counts_securities_and_bars(archive) -> None:
    assert archive.counts() == {"articles": 31, "linked": 30, "unlinked": 1, "rejected": 0}
    assert archive.securities("gzmt")["security"].iloc[0] == "600519.SH"
    assert list(archive.bars("600519.SH", "2022-06-30", "2022-06-30")["close"]) == [2045.0]
    raw, adjusted = archive.bars("600519.SH"), archive.bars("600519.SH", adjust="qfq")
    assert raw["close"].iloc[-1] == adjusted["close"].iloc[-1]
    assert adjusted["close"].iloc[0] < raw["close"].iloc[0]  # a dividend was paid in between


def test_importing_the_package_does_not_load_it(tmp_path: Path) -> None:
    code = "import sys, newslink; sys.exit(any(m in sys.modules for m in ('pandas', 'sqlalchemy', 'newslink.python_api')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    with pytest.raises(AttributeError):
        newslink.shut  # noqa: B018


def test_the_notebook_runs_and_shows_what_it_says(store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("NEWSLINK_STORE", store_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)  # kept without outputs, so that they cannot grow old
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = "\n".join(str(cell.outputs) for cell in notebook.cells if cell.cell_type == "code")
    assert "'linked': 30" in shown
    assert "600519.SH" in shown
    assert "2045.0" in shown
    assert "\\\\xef\\\\xbb\\\\xbf" in shown or "\\xef\\xbb\\xbf" in shown


def test_frames_survive_a_parquet_round_trip(archive, tmp_path: Path) -> None:
    frame = archive.events("蔚来").drop(columns="tags")
    frame.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), frame, check_dtype=False)
