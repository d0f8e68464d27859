"""The HTTP API over the bundled sample: one filtered set in three forms, bounds, the token, and nothing from another host."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from newslink.export import NAMES
from tests.api.conftest import TOKEN

MOUTAI = {"security": "600519.SH", "start": "2021-11-01", "end": "2022-06-30"}


def test_json_csv_and_json_lines_are_the_same_rows(client: TestClient) -> None:
    page = client.get("/api/events", params=MOUTAI).json()
    lines = [json.loads(line) for line in client.get("/api/events.jsonl", params=MOUTAI).text.splitlines()]
    answer = client.get("/api/events.csv", params=MOUTAI)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert page["total"] == len(page["rows"]) == len(lines) == len(rows) >= 8
    assert page["columns"] == list(NAMES)
    assert page["rows"] == lines
    assert [row["article"] for row in rows] == [line["article"] for line in lines]
    assert [float(row["return_0"]) for row in rows] == [line["return_0"] for line in lines]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]


def test_a_known_event_has_the_figures_of_the_bars(client: TestClient) -> None:
    rows = client.get("/api/events", params=MOUTAI).json()["rows"]
    report = next(row for row in rows if "2021年净利润" in row["title"])
    # published on 2022-03-30 at 21:05, so it stands on the 31st: close 1719.00 over 1730.10
    assert (report["session"], report["prev_close"], report["close"]) == ("2022-03-31", 1730.1, 1719.0)
    assert report["return_0"] == pytest.approx(1719.0 / 1730.1 - 1, abs=1e-6)
    assert report["published_at"] == "2022-03-30T21:05:33+08:00"


def test_pages_join_to_the_whole(client: TestClient) -> None:
    whole = client.get("/api/events", params=MOUTAI).json()["rows"]
    joined, offset = [], 0
    while offset is not None:
        page = client.get("/api/events", params={**MOUTAI, "offset": offset, "limit": 3}).json()
        joined += page["rows"]
        offset = page["next_offset"]
    assert joined == whole


@pytest.mark.parametrize("name", ["贵州茅台", "600519", "gzmt", "600519.SH"])
def test_a_security_goes_by_code_name_or_initials(client: TestClient, name: str) -> None:
    assert client.get("/api/events", params={**MOUTAI, "security": name}).json()["total"] >= 8


def test_filters_narrow_the_set(client: TestClient) -> None:
    total = client.get("/api/events", params=MOUTAI).json()["total"]
    subject = client.get("/api/events", params={**MOUTAI, "role": "subject"}).json()
    assert 0 < subject["total"] < total
    assert {row["role"] for row in subject["rows"]} == {"subject"}
    assert client.get("/api/events", params={**MOUTAI, "keyword": "i茅台"}).json()["total"] == 1
    assert client.get("/api/events", params={**MOUTAI, "source": "没有这家"}).json()["total"] == 0
    two = client.get("/api/events", params=[("security", "600519.SH"), ("security", "NIO.US")]).json()
    assert {row["security"] for row in two["rows"]} == {"600519.SH", "NIO.US"}


def test_without_a_security_the_days_must_be_bounded(client: TestClient) -> None:
    assert client.get("/api/events").status_code == 400
    assert client.get("/api/events", params={"start": "2000-01-01", "end": "2022-01-01"}).status_code == 400
    assert client.get("/api/events", params={"start": "2022-04-01", "end": "2022-04-30"}).json()["total"] > 5


def test_what_is_out_of_bounds_or_unknown_is_said(client: TestClient) -> None:
    assert client.get("/api/events", params={**MOUTAI, "limit": 100_000}).status_code == 422
    assert client.get("/api/events", params={**MOUTAI, "offset": -1}).status_code == 422
    assert client.get("/api/events", params={**MOUTAI, "start": "yesterday"}).status_code == 422
    assert client.get("/api/events", params={**MOUTAI, "unknown": "x"}).status_code == 422
    assert client.get("/api/events", params={"security": "没有这家公司"}).status_code == 404
    assert client.get("/api/events", params={**MOUTAI, "start": "2022-06-30", "end": "2022-01-01"}).status_code == 400
    assert client.get("/api/events", params=[("security", "600519.SH")] * 51).status_code == 422
    assert client.get("/api/events", params={**MOUTAI, "keyword": "x" * 201}).status_code == 422
    assert client.get("/api/nothing").status_code == 404
    assert client.get("/api/events?" + "x" * 9000).status_code == 414


def test_nothing_can_be_written(client: TestClient) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)("/api/events").status_code == 405


def test_an_article_comes_with_the_words_that_linked_it(client: TestClient) -> None:
    id = client.get("/api/events", params=MOUTAI).json()["rows"][0]["article"]
    article = client.get(f"/api/articles/{id}").json()
    link = next(link for link in article["links"] if link["security"] == "600519.SH")
    worded = [mention for mention in link["mentions"] if mention["end"] > mention["start"]]
    assert worded
    for mention in worded:
        assert article[mention["field"]][mention["start"] : mention["end"]] == mention["surface"]
    assert client.get("/api/articles/em:000000000000000000").status_code == 404
    assert client.get("/api/articles/../../etc/passwd").status_code == 404


def test_bars_and_securities(client: TestClient) -> None:
    rows = client.get("/api/bars", params={"security": "600519.SH", "start": "2022-06-30", "end": "2022-06-30"}).json()["rows"]
    assert [(row["session"], row["prev_close"], row["close"]) for row in rows] == [("2022-06-30", 2008.33, 2045.0)]
    assert client.get("/api/bars", params={"security": "600519.SH", "adjust": "magic"}).status_code == 422
    found = client.get("/api/securities", params={"q": "gzmt"}).json()["rows"]
    assert found[0]["security"] == "600519.SH"


def test_counts_reconcile(client: TestClient) -> None:
    counts = client.get("/api/counts").json()
    assert counts["articles"] == counts["linked"] + counts["unlinked"] == 31
    assert client.get("/api/health").json()["status"] == "ok"


# --- the token ------------------------------------------------------------------------------------------------------------------------


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"anyone:{password}".encode()).decode()}


def test_with_a_token_nothing_but_health_is_served_without_it(start: Callable[..., TestClient]) -> None:
    guarded = start(token=TOKEN)
    for path in ("/", "/openapi.json", "/api/counts", "/api/events", "/api/articles/x", "/nothing"):
        answer = guarded.get(path)
        assert answer.status_code == 401, path
        assert TOKEN not in answer.text
    assert guarded.get("/api/health").status_code == 200
    assert guarded.get("/api/counts", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert guarded.get("/api/counts", headers=basic(TOKEN)).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Basic !!!", "Basic YQ==", f"Token {TOKEN}", "Bearer \xff"],
)
def test_a_wrong_token_is_refused_in_any_form(start: Callable[..., TestClient], header: str) -> None:
    answer = start(token=TOKEN).get("/api/counts", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_a_token_in_the_address_does_not_count(start: Callable[..., TestClient]) -> None:
    assert start(token=TOKEN).get("/api/counts", params={"token": TOKEN}).status_code == 401


def test_another_host_name_is_refused_so_that_no_page_can_reach_us_through_a_browser(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.0.0.1"):
        assert client.get("/api/counts", headers={"Host": host}).status_code == 421, host
    for host in ("localhost", "localhost:8600", "127.0.0.1:8600", "[::1]:8600", "LOCALHOST"):
        assert client.get("/api/counts", headers={"Host": host}).status_code == 200, host


def test_answers_carry_headers_that_keep_a_browser_from_harm(client: TestClient) -> None:
    for path in ("/", "/api/counts", "/api/nothing", "/api/events.csv?security=600519.SH"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_the_description_page_needs_no_script_and_no_other_host(client: TestClient) -> None:
    page = client.get("/").text
    assert "/api/events.csv" in page
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    paths = client.get("/openapi.json").json()["paths"]
    assert all(f"<code>GET {path}</code>" in page for path in paths)


def test_hostile_words_in_a_request_come_back_as_data(client: TestClient) -> None:
    hostile = "<script>alert(1)</script>"
    answer = client.get("/api/events", params={"security": hostile})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    answer = client.get("/api/securities", params={"q": "%' OR 1=1 --"})
    assert answer.status_code == 200
    assert client.get("/api/events", params={**MOUTAI, "keyword": "'; DROP TABLE article; --"}).status_code in {200, 400}
    assert client.get("/api/counts").json()["articles"] == 31
    assert client.get("/api/events", params={**MOUTAI, "keyword": "a\x00b"}).status_code == 422
