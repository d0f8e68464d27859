"""Securities and dated names: windows, companies, codes, the search box, files of names."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from newslink.errors import UniverseError, UnknownSecurity
from newslink.link import Universe, bundled, parse_security_id
from newslink.link.names_file import MAX_PROBLEMS, read_names_file
from newslink.link.windows import holds
from newslink.model import SECURITY_ID, Kind, Name, NameKind, Security
from tests.link import universe_files

HEADER = "security\tname\tkind\tvalid_from\tvalid_to\n"


def day(text: str) -> date:
    return date.fromisoformat(text)


def seen(security: str, text: str, start: str, end: str) -> Name:
    return Name(security, text, NameKind.SHORT, day(start), day(end), "seen:list")


def window(universe: Universe, security: str, text: str) -> tuple[str, str]:
    (name,) = [n for n in universe.names_of(security) if n.text == text]
    return str(name.valid_from or ""), str(name.valid_to or "")


@pytest.fixture(scope="module")
def shipped() -> Universe:
    return Universe(*bundled())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("600519", "600519.SH"), ("SH600519", "600519.SH"), ("sz000001", "000001.SZ"), ("600519.SS", "600519.SH"),
        ("0700.HK", "00700.HK"),
        ("00700", "00700.HK"), ("700", "00700.HK"), ("hk0700", "00700.HK"), ("BABA", "BABA.US"), ("NIO.US", "NIO.US"),
        ("NYSE:NIO", "NIO.US"),
        ("1.600519", "600519.SH"), ("0.300750", "300750.SZ"), ("0.832491", "832491.BJ"), ("116.00700", "00700.HK"), ("106,NIO", "NIO.US"),
        ("920799", "920799.BJ"), ("430047", "430047.BJ"), ("６００５１９", "600519.SH"), ("BRK_A", "BRK.A.US"), ("BRK-B", "BRK.B.US"),
        ("HSI", "HSI.HK"), ("000300.SH", "000300.SH"), ("1.000001", "000001.SH"), ("$AAPL", "AAPL.US"), ("200725", "200725.SZ"),
    ],
)  # fmt: skip
def test_a_code_in_any_usual_form_is_read_as_our_id(written: str, meant: str) -> None:
    assert parse_security_id(written) == meant
    assert SECURITY_ID.match(meant)


@pytest.mark.parametrize("text", ["", "茅台", "1234567", "0", "600519.HK", "999999", "90.BK0473", "A B", "x" * 100, "\x00", "1.700", "."])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(UnknownSecurity):
        parse_security_id(text)


def test_the_days_between_two_sightings_belong_to_both_names() -> None:
    names = [seen("600001.SH", "甲名", "2019-01-05", "2020-07-31"), seen("600001.SH", "乙名", "2020-09-24", "2026-01-01")]
    universe = Universe([Security("600001.SH", "乙")], names)
    assert window(universe, "600001.SH", "甲名") == ("", "2020-09-23")
    assert window(universe, "600001.SH", "乙名") == ("2020-08-01", "")
    assert universe.name_on("600001.SH", day("2015-01-01")) == "甲名"
    assert universe.name_on("600001.SH", day("2030-01-01")) == "乙名" == universe.security("600001.SH").name


def test_official_days_are_taken_as_written() -> None:
    names = [
        Name("600001.SH", "甲名", NameKind.SHORT, day("2019-01-01"), day("2019-12-31")),
        Name("600001.SH", "乙名", NameKind.SHORT, day("2020-01-01")),
    ]
    universe = Universe([Security("600001.SH", "乙名")], names)
    assert window(universe, "600001.SH", "甲名") == ("2019-01-01", "2019-12-31")
    assert window(universe, "600001.SH", "乙名") == ("2020-01-01", "")


def test_a_name_held_on_never_reaches_into_days_on_which_another_company_was_seen_with_it() -> None:
    names = [seen("600001.SH", "东风", "2018-01-01", "2020-01-01"), seen("600002.SH", "东风", "2024-01-01", "2025-01-01")]
    universe = Universe([Security("600001.SH", ""), Security("600002.SH", "")], names)
    assert window(universe, "600001.SH", "东风") == ("", "2023-12-31")
    assert window(universe, "600002.SH", "东风") == ("2020-01-02", "")


def test_a_quote_lists_mark_is_no_name_of_the_day() -> None:
    names = [seen("600038.SH", "中直股份", "2019-01-01", "2026-08-01"), seen("600038.SH", "XD中直股", "2026-06-21", "2026-06-21")]
    universe = Universe([Security("600038.SH", "")], names)
    assert universe.name_on("600038.SH", day("2026-06-21")) == "中直股份"


def test_listings_of_one_company_are_joined_and_false_friends_are_not(shipped: Universe) -> None:
    assert shipped.entity_of("06030.HK") == "600030.SH"
    assert shipped.listings_of("09988.HK") == ("BABA.US", "09988.HK")
    assert set(shipped.listings_of("000002.SZ")) == {"000002.SZ", "200002.SZ", "02202.HK"}
    assert shipped.entity_of("03808.HK") == "03808.HK" != shipped.entity_of("000951.SZ")
    assert shipped.entity_of("00769.HK") == "00769.HK" != shipped.entity_of("000831.SZ")
    assert shipped.entity_of("900957.SH") != shipped.entity_of("600480.SH")
    assert shipped.entity_of("XXXX.US") == "XXXX.US"


def test_equal_names_join_an_imported_hong_kong_listing() -> None:
    universe = Universe([Security("601398.SH", "工商银行"), Security("01398.HK", "工商银行"), Security("00999.HK", "工商")], [])
    assert universe.entity_of("01398.HK") == "601398.SH"
    assert universe.entity_of("00999.HK") == "00999.HK"


def test_a_beijing_share_changes_its_code_on_the_day_of_the_exchange(shipped: Universe) -> None:
    old, new = shipped.security("838275.BJ"), shipped.security("920275.BJ")
    assert old.entity == new.entity == "920275.BJ"
    assert old.delisted == new.listed == date(2025, 10, 9)
    assert window(shipped, "838275.BJ", "驱动力") == ("", "2025-10-08")
    assert window(shipped, "920275.BJ", "驱动力") == ("2025-10-09", "")
    # 169 had been taken: 831167 became 920267, not 920167.
    assert shipped.entity_of("831167.BJ") == "920267.BJ"


def test_names_of_their_time_are_shipped(shipped: Universe) -> None:
    assert shipped.name_on("601127.SH", day("2021-06-01")) == "小康股份"
    assert shipped.name_on("601127.SH", day("2023-06-01")) == "赛力斯"
    assert shipped.name_on("TWTR.US", day("2022-05-01")) == "推特"
    assert shipped.security("TWTR.US").delisted == date(2022, 11, 8)
    assert shipped.security("000300.SH").kind is Kind.INDEX and shipped.security("510300.SH").kind is Kind.FUND
    assert shipped.security("00700.HK").name == "腾讯控股"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("600519", "600519.SH"), ("GZMT", "600519.SH"), ("guizhoumaotai", "600519.SH"), ("茅台", "600519.SH"),
        ("招行", "600036.SH"),
        ("zsyh", "600036.SH"), ("cqyh", "601963.SH"), ("cczq", "002939.SZ"), ("700", "00700.HK"), ("0700.hk", "00700.HK"),
        ("tencent", "00700.HK"),
        ("腾讯", "00700.HK"), ("騰訊", "00700.HK"), ("apple", "AAPL.US"), ("苹果", "AAPL.US"), ("nio", "NIO.US"), ("小康股份", "601127.SH"),
        ("万 科Ａ", "000002.SZ"), ("CATL", "300750.SZ"), ("宁王", "300750.SZ"), ("沪深300", "000300.SH"), ("hsi", "HSI.HK"),
    ],
)  # fmt: skip
def test_the_search_box_finds_what_an_analyst_types(shipped: Universe, typed: str, first: str) -> None:
    assert shipped.find(typed)[0].id == first


def test_the_search_box_survives_anything(shipped: Universe) -> None:
    for text in ("", " ", "\n", "(", "*", "\x00", "\ud800", "a" * 10_000, "的" * 500, "%", "'; --"):
        assert len(shipped.find(text, 5)) <= 5
    assert shipped.find("平安", 0) == []


def test_listed_stocks_come_before_delisted_ones_and_funds() -> None:
    securities = [
        Security("600002.SH", "长江甲", delisted=date(2020, 1, 1)),
        Security("510001.SH", "长江基金", Kind.FUND),
        Security("600001.SH", "长江乙乙"),
    ]
    assert [s.id for s in Universe(securities, []).find("长江")] == ["600001.SH", "600002.SH", "510001.SH"]


def test_the_fingerprint_is_of_the_content_not_of_its_order(shipped: Universe) -> None:
    securities, names = (list(x) for x in bundled())
    random.Random(1).shuffle(names)
    assert Universe(securities, names).fingerprint == shipped.fingerprint
    fewer = [n for n in names if n.text != "宁王"]
    assert Universe(securities, fewer).fingerprint != shipped.fingerprint


def test_merging_keeps_what_the_newcomer_does_not_know(shipped: Universe) -> None:
    merged = shipped.merged_with([Security("600519.SH", "贵州茅台")], [Name("600519.SH", "贵州茅台", NameKind.SHORT, day("2019-01-01"))])
    assert merged.security("600519.SH").listed == date(2001, 8, 27)
    assert merged.security("510300.SH").kind is Kind.FUND


def test_every_shipped_row_is_sound(shipped: Universe) -> None:
    securities, names = bundled()
    assert len(securities) > 6_000 and len({n.security for n in names if n.security.endswith((".HK", ".US"))}) > 550
    ids = {s.id for s in securities}
    assert len(ids) == len(securities)
    for security in shipped.securities:
        assert SECURITY_ID.match(security.id) and security.name and security.entity in ids
    for name in names:
        assert name.security in ids and name.text == name.text.strip() and len(name.text) > 1
        assert name.valid_from is None or name.valid_to is None or name.valid_from <= name.valid_to
    assert len({(n.security, n.text, n.kind, n.valid_from) for n in names}) == len(names)


def test_a_file_of_names_with_bad_rows_gives_the_good_ones_and_the_reasons(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    rows = ["600519\t贵州茅台\tshort\t2001-08-27\t", "600519.SH\t茅台\tnickname\t\t", "AAPL.US\tApple Inc.\tenglish"]
    bad = ["中文\t名\tshort\t\t", "600519.SH\t\tshort\t\t", "600519.SH\t名字\talias\t\t", "600519.SH\t名字\tshort\t2022-02-30\t",
           "600519.SH\t名字\tshort\t2022-02-02\t2021-01-01", "x", "600519.SH\t" + "长" * 5000 + "\tshort\t\t"]  # fmt: skip
    path.write_bytes(("\ufeff" + HEADER + "\r\n".join([*rows, *bad]) + "\r\n\r\n").encode() + b"600519.SH\t\xff\xfe\tshort\t\t\n")
    securities, names, problems = read_names_file(path)
    assert [(n.security, n.text) for n in names] == [("600519.SH", "贵州茅台"), ("600519.SH", "茅台"), ("AAPL.US", "Apple Inc.")]
    assert {s.id: s.name for s in securities} == {"600519.SH": "贵州茅台", "AAPL.US": ""}
    assert [p.line for p in problems] == [5, 6, 7, 8, 9, 10, 11, 13]
    assert all(p.reason for p in problems)


def test_a_file_without_the_header_or_without_being_there_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "other").write_text("code\tname\n600519\tx\n", encoding="utf-8")
    for name in ("empty", "other", "absent", "."):
        with pytest.raises(UniverseError):
            read_names_file(tmp_path / name)


def test_hostile_files_are_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    with path.open("wb") as out:
        out.write(HEADER.encode())
        out.write(b"y" * 30_000_000 + b"\n")
        out.write(b"?\n" * 5_000)
        out.write("600519.SH\t贵州茅台\tshort\t\t\n".encode())
    _, names, problems = read_names_file(path)
    assert [n.text for n in names] == ["贵州茅台"]
    assert len(problems) <= MAX_PROBLEMS + 1


def test_many_names_of_which_no_end_is_open_are_sightings(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    rows = [f"{600000 + i}.SH\t名字{i}\tshort\t2019-01-01\t2021-01-01\n" for i in range(300)]
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    universe = Universe(*read_names_file(path)[:2])
    assert window(universe, "600007.SH", "名字7") == ("", "")
    path.write_text(HEADER + rows[7], encoding="utf-8")
    universe = Universe(*read_names_file(path)[:2])
    assert window(universe, "600007.SH", "名字7") == ("2019-01-01", "2021-01-01")


@pytest.mark.parametrize("style", universe_files.STYLES)
def test_the_real_lists_give_the_right_name_on_a_day_whatever_way_their_dates_are_made(shared: Path, style: str) -> None:
    universe = universe_files.universe(style)
    for security, on, name in [
        ("601515.SH", "2020-06-01", "东风股份"), ("601515.SH", "2026-07-01", "衢州东峰"), ("600006.SH", "2021-06-01", "东风汽车"),
        ("600006.SH", "2026-06-15", "东风股份"), ("002024.SZ", "2022-01-01", "苏宁易购"), ("000831.SZ", "2020-12-01", "五矿稀土"),
        ("300750.SZ", "2018-07-01", "宁德时代"), ("600519.SH", "2010-01-01", "贵州茅台"), ("832491.BJ", "2022-05-29", "奥迪威"),
    ]:  # fmt: skip
        assert universe.name_on(security, day(on)) == name, (security, on)
    # 东风股份 is one company at a time wherever both were seen.
    assert {n.security for n in universe.names if n.text == "东风股份" and holds(n, day("2026-06-15"))} == {"600006.SH"}
    assert len(universe.securities) > 17_000


def test_names_of_at_least_four_in_five_dated_items_are_known_on_their_day(shared: Path) -> None:
    from tests.link import scoring

    universe = universe_files.universe()
    rows = scoring.astock()
    known = 0
    for one, security, name in rows:
        on = one.published.date()
        held = {n.text for n in universe.names_of(security) if holds(n, on)}
        known += any(name in text or text in name for text in held)
    assert known / len(rows) > 0.98
