"""The command from files: exact columns, reasons, spec, clear errors, nothing half written."""

from __future__ import annotations

import io
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from newslink.cli import main
from tests.study.conftest import made_panel
from tests.study.stocknet import MODELS, RUNS, agree


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


@pytest.mark.parametrize("run", list(RUNS))
@pytest.mark.parametrize("model", MODELS)
def test_the_shared_study_through_the_command_is_the_expected_one(shared, tmp_path, run: str, model: str) -> None:
    folder = shared / "eventstudy/stocknet_us"
    returns, estimation, window, cars = RUNS[run]
    assert main([
        "study", "--prices", str(folder / "adj_close.csv"), "--market", str(folder / "market_level.csv"),
        "--events", str(folder / "events.csv"), "--model", model, "--returns", returns, f"--estimation={estimation[0]}:{estimation[1]}",
        f"--window={window[0]}:{window[1]}", "--cars=" + ",".join(f"{start}:{end}" for start, end in cars), "--run", run,
        "--output", str(tmp_path),
    ]) == 0  # fmt: skip
    for name in ("fit", "ar", "car", "aar", "caar"):
        expected = pd.read_csv(folder / f"expected_{name}.csv")
        expected = expected[(expected["run"] == run) & (expected["model"] == model)].reset_index(drop=True)
        agree(pd.read_csv(tmp_path / f"{name}.csv"), expected, [key for key in ("event_id", "group", "tau", "start", "end") if key in expected])
    excluded = pd.read_csv(tmp_path / "excluded.csv")
    lost = [[6, "MSFT", "insufficient_history"]] if run == "P2" else []
    assert excluded[["event_id", "ticker", "reason"]].values.tolist() == lost
    assert json.loads((tmp_path / "spec.json").read_text())["spec"]["estimation"] == list(estimation)


@pytest.mark.parametrize(("model", "name"), [("market", ""), ("mean", "_mean_adj"), ("adjusted", "_mrkt_adj")])
def test_firms_listed_late_go_through_the_command(shared, tmp_path, model: str, name: str) -> None:
    folder = shared / "eventstudy/estudy2_covid"
    prices = pd.read_csv(folder / "input_prices.csv", dtype=str)
    prices.drop(columns="GSPC").to_csv(tmp_path / "prices.csv", index=False)
    prices[["date", "GSPC"]].to_csv(tmp_path / "market.csv", index=False)
    expected = pd.read_csv(folder / f"expected_ar_event{name}.csv")
    firms = list(expected.columns[1:])
    pd.DataFrame({"ticker": firms, "event_date": "2020-03-16"}).to_csv(tmp_path / "events.csv", index=False)
    assert study(tmp_path, "--model", model, "--returns", "log", "--estimation=-240:-1", "--window=0:4", "--cars=0:4") == 0
    found = pd.read_csv(tmp_path / "out/ar.csv")
    np.testing.assert_allclose(found["ar"].to_numpy().reshape(len(firms), 5), expected[firms].to_numpy().T, 1e-8, 1e-12)
    assert pd.read_csv(tmp_path / "out/fit.csv")["L1"].tolist() == [240, 227, 212, 240, 240, 240, 240]
    tests = pd.read_csv(folder / f"expected_parametric{name or '_sim'}.csv")
    np.testing.assert_allclose(pd.read_csv(tmp_path / "out/aar.csv")["t_cross"], tests["t_test_stat"], 1e-8)


def test_a_refused_study_leaves_reasons_and_takes_back_what_was_said(files, capsys) -> None:
    assert study(files) == 0
    assert (files / "out/caar.csv").exists()
    assert study(files, "--max-loss", "0.1") == 3
    assert "1 of 5 events" in capsys.readouterr().err
    assert not (files / "out/caar.csv").exists() and not (files / "out/tests.csv").exists()
    assert pd.read_csv(files / "out/excluded.csv")["reason"].tolist() == ["insufficient_history"]
    assert json.loads((files / "out/spec.json").read_text())["refused"] is True


def test_the_order_of_rows_does_not_matter(files) -> None:
    assert study(files) == 0
    first = (files / "out/ar.csv").read_bytes()
    for name in ("prices", "market"):
        pd.read_csv(files / f"{name}.csv", dtype=str).sample(frac=1, random_state=0).to_csv(files / f"{name}.csv", index=False)
    assert study(files) == 0 and (files / "out/ar.csv").read_bytes() == first
    events = pd.read_csv(files / "events.csv", dtype=str).sample(frac=1, random_state=0)
    events.to_csv(files / "events.csv", index=False)
    assert study(files) == 0
    keys = ["event_id", "tau"]
    again, before = (pd.read_csv(source).sort_values(keys, ignore_index=True) for source in (files / "out/ar.csv", io.BytesIO(first)))
    pd.testing.assert_frame_equal(again, before)


DATES = {
    "iso with a time": lambda day: f"{day:%Y-%m-%d} 15:00:00+08:00", "compact": lambda day: f"{day:%Y%m%d}",
    "spreadsheet, Chinese": lambda day: f"{day.year}/{day.month}/{day.day}", "with its time": lambda day: f"{day:%Y/%m/%d} 0:00",
    "in Chinese": lambda day: f"{day.year}年{day.month}月{day.day}日", "American": lambda day: f"{day.month}/{day.day}/{day.year}",
    "British": lambda day: f"{day:%d/%m/%Y}", "German": lambda day: f"{day:%d.%m.%Y} 00:00", "by name": lambda day: f"{day:%d-%b-%y}",
    "days since 1899": lambda day: str((day - date(1899, 12, 30)).days),
}  # fmt: skip


@pytest.mark.parametrize("form", list(DATES))
def test_dates_of_every_form_are_the_same_days(files, form: str) -> None:
    assert study(files) == 0
    first = (files / "out/ar.csv").read_bytes()
    for name, column in (("prices", "Date"), ("market", "Date"), ("events", "event_date")):
        table = pd.read_csv(files / f"{name}.csv", dtype=str)
        table[column] = [DATES[form](date.fromisoformat(day)) for day in table[column]]
        table.to_csv(files / f"{name}.csv", index=False)
    assert study(files) == 0 and (files / "out/ar.csv").read_bytes() == first


def test_a_date_that_may_be_two_days_is_refused(files, capsys) -> None:
    for days, words in ((["03/04/2020", "05/06/2020"], "day first or the month"), (["13/04/2020", "04/13/2020"], "others the month")):
        (files / "events.csv").write_text("ticker,event_date\n" + "".join(f"S0,{day}\n" for day in days))
        assert study(files) == 3 and words in capsys.readouterr().err


FORMS = {
    "byte-order mark": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(), "tabs in UTF-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "empty rows and columns": lambda text: ("\n".join(f"{line},," for line in text.splitlines()) + "\n\n,,,\n").encode(),
    "blanks": lambda text: text.replace(",", " , ").encode(),
    "capitals": lambda text: (text.split("\n", 1)[0].upper() + "\n" + text.split("\n", 1)[1]).encode(),
    "GB18030": lambda text: text.replace("S0", "贵州茅台").encode("gb18030"),
}  # fmt: skip


@pytest.mark.parametrize("form", list(FORMS))
def test_files_as_spreadsheets_save_them_are_the_same_files(files, form: str) -> None:
    assert study(files) == 0
    first = (files / "out/ar.csv").read_bytes()
    for name in ("prices", "market", "events"):
        (files / f"{name}.csv").write_bytes(FORMS[form]((files / f"{name}.csv").read_text()))
    assert study(files) == 0 and (files / "out/ar.csv").read_bytes() == first


def test_words_for_no_price_and_grouped_thousands_are_read_and_holidays_of_a_calendar_are_no_sessions(files) -> None:
    prices, market = (pd.read_csv(files / f"{name}.csv", dtype=str) for name in ("prices", "market"))
    holed = prices.copy()
    holed.loc[100:104, "S0"] = ["", "NA", "-", "#N/A", "0"]
    assert study(files) == 0
    before = pd.read_csv(files / "out/fit.csv").set_index("ticker")["L1"]
    holed.to_csv(files / "prices.csv", index=False)
    market.assign(INDEX=[f"{float(level):,.8f}" for level in market["INDEX"]]).to_csv(files / "market.csv", index=False)
    assert study(files) == 0
    after = pd.read_csv(files / "out/fit.csv").set_index("ticker")["L1"]
    assert before["S0"] - after["S0"] == 6 and (before["S1"], before["S4"]) == (after["S1"], after["S4"])
    first = (files / "out/ar.csv").read_bytes()
    every = pd.date_range(prices["Date"].iloc[0], prices["Date"].iloc[-1]).strftime("%Y-%m-%d")
    assert len(every) > len(holed) * 1.3
    holed.set_index("Date").reindex(every).rename_axis("Date").to_csv(files / "prices.csv")
    assert study(files) == 0 and (files / "out/ar.csv").read_bytes() == first


def test_no_name_of_the_files_is_a_formula_in_the_tables(files) -> None:
    events = pd.read_csv(files / "events.csv", dtype=str)
    events.assign(event_id=[f"00{at}" for at in events["event_id"]], group="=HYPERLINK(1)").to_csv(files / "events.csv", index=False)
    assert study(files) == 0
    assert set(pd.read_csv(files / "out/caar.csv")["group"]) == {"'=HYPERLINK(1)"}
    assert pd.read_csv(files / "out/car.csv", dtype=str)["event_id"].iloc[0] == "001"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("prices", "", "cannot be read"), ("prices", "Date,S0\n2024-01-01,abc\n", "'abc' is no number"),
        ("prices", "Date\n2024-01-01\n", "at least one column"),
        ("prices", "Date,S0\nsoon,1\n", "'soon' is no date"), ("prices", "Date,S0\n2024-01-01,1\n2024-01-01,2\n", "twice"),
        ("prices", "Date,S0,S0\n2024-01-01,1,2\n", "called 'S0'"), ("market", "Date\n2024-01-01\n", "at least one column"),
        ("events", "name,day\nS0,2024-01-01\n", "no column ticker or security"),
        ("events", "ticker,event_date\nS0,2024-13-01\n", "no date"),
        ("events", "ticker,event_date\n", "0 of 0 events"), ("events", "ticker,event_date,ticker\nS0,2024-01-02,S1\n", "called 'ticker'"),
        ("market", "Date,I\n1999-01-01,1\n", "no date in common"), ("prices", "\x00\x01\x02", "cannot be read"),
        ("prices", "Date,S0\n2024-01-01,#DIV/0!\n", "row 2, column 'S0': '#DIV/0!'"), ("prices", 'Date,S0\n2024-01-01,"1\n', "cannot be read"),
        ("prices", "S0,Date\n1.5,2024-01-01\n", "column 'S0': '1.5' is no date"), ("prices", "Date,S0\n2024-02-30,1\n", "no date"),
        ("prices", "Date,,\n2024-01-01,1,2\n", "no name"), ("market", "Date,I\n2024-01-01,1,2\n", "cannot be read"),
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
    assert "Kolari-Pynnönen" in page and "Events tested: " in page and (files / "out/study.xlsx").stat().st_size > 5000
    assert not list((files / "out").glob("*.part"))
    assert main(["study", "--report", "--tag", "x"]) == 3 and "--output" in capsys.readouterr().err
