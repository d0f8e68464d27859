"""``newslink universe``: what it says and hands on. The pipeline is a fake, so that no store is needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from newslink.cli import main
from newslink.link import Universe
from newslink.model import Name, NameKind, Security
from newslink.pipeline.universe import Refreshed

HEADER = "security\tname\tkind\tvalid_from\tvalid_to\n"


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list:
    """What the command handed to the pipeline."""
    calls: list = []
    universe, linking = ModuleType("newslink.pipeline.universe"), ModuleType("newslink.pipeline.linking")

    def import_names(settings, store_url, securities, names):
        calls.append((store_url, list(securities), list(names)))
        return {"names": 7_000, "stored_names": 7_000}

    def refresh(settings, store_url, progress=None):
        calls.append((store_url,))
        return Refreshed(lists=3, done=2, fresh=0, failed=(("hk", "no answer"),), changed=7, securities=10, names=20)

    universe.import_names, universe.refresh = import_names, refresh
    securities = [Security("600519.SH", "贵州茅台"), Security("000001.SZ", "平安银行")]
    linking.load_universe = lambda settings, store_url=None: Universe(securities, [])
    monkeypatch.setitem(sys.modules, "newslink.pipeline.universe", universe)
    monkeypatch.setitem(sys.modules, "newslink.pipeline.linking", linking)
    return calls


def test_import_hands_on_the_good_rows_and_names_the_bad_ones(handed: list, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(HEADER + "600519\t茅台\tnickname\t\t\n???\tx\tshort\t\t\n", encoding="utf-8")
    assert main(["universe", "import", str(path), "--store", "sqlite:///x.db", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1]) == {"file": str(path), "securities": 1, "names": 1, "problems": 1, "stored_names": 7_000}
    assert f"{path}:3:" in err
    ((url, securities, names),) = handed
    assert url == "sqlite:///x.db"
    assert [s.id for s in securities] == ["600519.SH"]
    assert names == [Name("600519.SH", "茅台", NameKind.NICKNAME, source="import")]


def test_a_file_of_bad_rows_alone_changes_nothing_and_fails(handed: list, tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(HEADER + "???\tx\tshort\t\t\n" * 50, encoding="utf-8")
    assert main(["universe", "import", str(path)]) == 1
    assert handed == []


def test_a_missing_file_is_one_line_on_standard_error(handed: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["universe", "import", "/nowhere/names.tsv"]) == 3
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and "/nowhere/names.tsv" in err


def test_refresh_says_what_changed(handed: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["universe", "refresh", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["lists"], said["done"], said["failed"], said["changed"]) == (3, 2, {"hk": "no answer"}, 7)


def test_find_lists_the_best_first_and_fails_when_nothing_is_found(handed: list, capsys: pytest.CaptureFixture) -> None:
    assert main(["universe", "find", "gzmt"]) == 0
    assert capsys.readouterr().out == "600519.SH\t贵州茅台\tstock\n"
    assert main(["universe", "find", "payh", "--json"]) == 0
    assert [row["security"] for row in json.loads(capsys.readouterr().out)] == ["000001.SZ"]
    assert main(["universe", "find", "无此公司"]) == 1
