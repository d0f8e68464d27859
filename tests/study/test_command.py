"""The command from files: exact columns, reasons, spec, clear errors, nothing half written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from newslink.cli import main
from tests.study.conftest import made_panel


@pytest.fixture
def files(tmp_path):
    panel = made_panel(1, missing=0.0)
    levels = pd.DataFrame(100 * np.cumprod(1 + panel.returns, axis=0), columns=panel.names)
    levels.insert(0, "Date", panel.dates.astype(str))
    market = pd.DataFrame({"Date": panel.dates.astype(str), "INDEX": 1000 * np.cumprod(1 + panel.market)})
    rows = [(1, "a", "S0", 200), (2, "a", "S1", 210), (3, "b", "S2", 215), (4, "b", "S3", 20), (5, "a", "S4", 230)]
    events = pd.DataFrame([(i, g, s, str(panel.dates[r])) for i, g, s, r in rows], columns=["event_id", "group", "ticker", "event_date"])
    for name, frame in (("prices", levels), ("market", market), ("events", events)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def study(folder, *more: str) -> int:
    paths = [word for name in ("prices", "market", "events") for word in (f"--{name}", str(folder / f"{name}.csv"))]
    return main(["study", *paths, "--window=-2:2", "--output", str(folder / "out"), *more])


def test_files_have_the_columns_of_the_expected_ones(files, shared, capsys) -> None:
    assert study(files, "--model", "market", "--returns", "log", "--estimation=-130:-11", "--cars=0:0,-1:1", "--run", "R") == 0
    for name in ("ar", "car", "aar", "caar", "fit"):
        expected = pd.read_csv(shared / f"eventstudy/stocknet_us/expected_{name}.csv", nrows=1)
        found = pd.read_csv(files / f"out/{name}.csv")
        assert list(found.columns) == list(expected.columns) and set(found["run"]) == {"R"}
    assert "CAAR[-1,1]" in capsys.readouterr().out


@pytest.mark.parametrize("model", ["market", "mean", "adjusted"])
def test_the_shared_study_through_the_command_is_the_expected_one(shared, tmp_path, model: str) -> None:
    folder = shared / "eventstudy/stocknet_us"
    assert main([
        "study", "--prices", str(folder / "adj_close.csv"), "--market", str(folder / "market_level.csv"),
        "--events", str(folder / "events.csv"), "--model", model, "--returns", "log", "--estimation=-280:-31", "--window=-5:5",
        "--cars=0:0,0:1,-1:1,1:5,-5:5", "--output", str(tmp_path),
    ]) == 0  # fmt: skip
    for name, keys in (("ar", ["event_id", "tau"]), ("car", ["event_id", "start", "end"]), ("caar", ["group", "start", "end"])):
        expected = pd.read_csv(folder / f"expected_{name}.csv").query(f"run == 'P2' and model == '{model}'")
        both = expected.merge(pd.read_csv(tmp_path / f"{name}.csv"), on=keys, suffixes=("", "_found"))
        assert len(both) == len(expected)
        for column in expected.columns.difference(["run", "model", "date", *keys]):
            np.testing.assert_allclose(both[f"{column}_found"].to_numpy(float), both[column].to_numpy(float), 1e-8, 1e-12, err_msg=column)
    excluded = pd.read_csv(tmp_path / "excluded.csv")
    assert excluded[["event_id", "ticker", "reason"]].values.tolist() == [[6, "MSFT", "insufficient_history"]]
    assert json.loads((tmp_path / "spec.json").read_text())["spec"]["estimation"] == [-280, -31]


def test_a_refused_study_leaves_reasons_and_takes_back_what_was_said(files, capsys) -> None:
    assert study(files) == 0
    assert (files / "out/caar.csv").exists()
    assert study(files, "--max-loss", "0.1") == 3
    assert "1 of 5 events" in capsys.readouterr().err
    assert not (files / "out/caar.csv").exists() and not (files / "out/tests.csv").exists()
    assert pd.read_csv(files / "out/excluded.csv")["reason"].tolist() == ["insufficient_history"]
    assert json.loads((files / "out/spec.json").read_text())["refused"] is True


def test_order_of_rows_marks_and_date_forms_do_not_matter(files) -> None:
    assert study(files) == 0
    first = (files / "out/ar.csv").read_bytes()
    prices = pd.read_csv(files / "prices.csv").sample(frac=1, random_state=0)
    prices["Date"] = prices["Date"].str.replace("-", "/")
    (files / "prices.csv").write_bytes(b"\xef\xbb\xbf" + prices.to_csv(index=False, lineterminator="\r\n").encode())
    events = pd.read_csv(files / "events.csv")
    events["event_date"] = events["event_date"].str.replace("-", "")
    events.to_csv(files / "events.csv", index=False)
    assert study(files) == 0
    again = pd.read_csv(files / "out/ar.csv")
    pd.testing.assert_frame_equal(again, pd.read_csv(pd.io.common.BytesIO(first)), rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("prices", "", "cannot be read"), ("prices", "Date,S0\n2024-01-01,abc\n", "'abc' is no number"),
        ("prices", "Date\n2024-01-01\n", "at least one column"),
        ("prices", "Date,S0\nsoon,1\n", "'soon' is no date"), ("prices", "Date,S0\n2024-01-01,1\n2024-01-01,2\n", "twice"),
        ("prices", "Date,S0,S0\n2024-01-01,1,2\n", "twice"), ("market", "Date\n2024-01-01\n", "at least one column"),
        ("events", "name,day\nS0,2024-01-01\n", "no column ticker or security"),
        ("events", "ticker,event_date\nS0,2024-13-01\n", "no date"),
        ("events", "ticker,event_date\n", "0 of 0 events"),
    ],
)  # fmt: skip
def test_unusable_files_are_named_with_their_row(files, capsys, name: str, text: str, words: str) -> None:
    (files / f"{name}.csv").write_text(text)
    assert study(files) == 3
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message


def test_the_words_of_the_call_are_checked(files, capsys) -> None:
    assert main(["study"]) == 3 and "--security" in capsys.readouterr().err
    assert main(["study", "--prices", str(files / "prices.csv")]) == 3
    assert study(files, "--cars=-9:9") == 3 and "-9:9" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        study(files, "--estimation=soon")
    assert stop.value.code == 2
    (files / "prices.csv").unlink()
    assert study(files) == 3 and "no such file" in capsys.readouterr().err


def test_flags_in_the_events_file_reach_the_spec(files) -> None:
    events = pd.read_csv(files / "events.csv").assign(intraday=["yes", "", "0", "0", "1"])
    events.to_csv(files / "events.csv", index=False)
    assert study(files, "--intraday", "drop", "--max-loss", "0.7") == 0
    excluded = pd.read_csv(files / "out/excluded.csv").set_index("event_id")["reason"].to_dict()
    assert excluded == {1: "intraday", 4: "insufficient_history", 5: "intraday"}


def test_the_report_stands_beside_the_tables(files, capsys) -> None:
    assert study(files, "--report", "--language", "en") == 0
    page = (files / "out/report.html").read_text(encoding="utf-8")
    assert "Kolari-Pynnönen" in page and "events were tested" in page and (files / "out/study.xlsx").stat().st_size > 5000
    assert not list((files / "out").glob("*.part"))
    assert main(["study", "--report", "--tag", "x"]) == 3 and "--output" in capsys.readouterr().err
