"""A fake world of news on the loopback: the JSON shapes akshare's parsers require, filled with words of our own."""

from __future__ import annotations

import json

from tests.loopback.proxy import Answer, Fault, Proxy, Request

EPOCH = 1653644861  # 2022-05-27 17:47:41 in Shanghai
FLASHES = [
    {
        "title": "宁德时代获宝马定点",
        "text": "宁德时代获宝马圆柱型电池定点。",
        "time": "2022-05-27 17:47:41",
        "epoch": EPOCH,
        "code": "202205279000000001",
    },
    {
        "title": "贵州茅台披露年报",
        "text": "贵州茅台披露2021年年报。",
        "time": "2022-05-27 17:49:41",
        "epoch": EPOCH + 120,
        "code": "202205279000000002",
    },
]


class NewsWorld:
    """answers: path → function of the request. news: rows of the search, by keyword."""

    def __init__(self) -> None:
        self.flashes = list(FLASHES)
        self.news: dict[str, list[dict[str, str]]] = {}
        self.notices: list[dict] = []
        self.proxy = Proxy(self.answer)

    @property
    def faults(self) -> list[Fault]:
        return self.proxy.faults

    def answer(self, request: Request) -> Answer:
        host, path = request.host, request.path
        if path == "/comm/web/getFastNewsList":
            rows = [{"title": f["title"], "summary": f["text"], "showTime": f["time"], "code": f["code"]} for f in self.flashes]
            return as_json({"data": {"fastNewsList": rows}})
        if path == "/v1/roll/get_roll_list":
            rows = [{"title": f["title"], "content": f["text"], "ctime": f["epoch"], "level": "C"} for f in self.flashes]
            return as_json({"data": {"roll_data": rows}})
        if path == "/api/zhibo/feed":
            rows = [{"create_time": f["time"], "rich_text": f"【{f['title']}】{f['text']}"} for f in self.flashes]
            return as_json({"result": {"data": {"feed": {"list": rows}}}})
        if path == "/tapp/news/push/stock":
            rows = [{"title": f["title"], "digest": f["text"], "rtime": str(f["epoch"]), "url": f"https://news.10jqka.com.cn/{f['code']}.shtml"}
                    for f in self.flashes]  # fmt: skip
            return as_json({"data": {"list": rows}})
        if path == "/news-site-api/main/get-flash-list":
            rows = [{"title": f["title"], "content": f["text"], "time": str(f["epoch"]), "detailUrl": f"https://news.futunn.com/flash/{f['code']}"}
                    for f in self.flashes]  # fmt: skip
            return as_json({"data": {"data": {"news": rows}}})
        if path == "/search/jsonp":
            keyword = json.loads(request.query["param"])["keyword"]
            body = json.dumps({"result": {"cmsArticleWebOld": self.news.get(keyword, self.news.get("*", []))}}, ensure_ascii=False)
            return Answer(f"{request.query['cb']}({body})", type="application/javascript; charset=utf-8")
        if path == "/api/security/ann":
            wanted = request.query.get("stock_list", "")
            rows = [notice for notice in self.notices if not wanted or notice["codes"][0]["stock_code"] == wanted or notice.get("stray")]
            return as_json({"data": {"total_hits": len(rows), "list": [dict(row) for row in rows]}})
        return Answer(f"nothing at {host}{path}", 404)

    def close(self) -> None:
        self.proxy.close()


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False), type="application/json; charset=utf-8")


def news_row(title: str, content: str, code: str, time: str = "2022-05-27 09:00:00") -> dict[str, str]:
    return {"date": time, "title": title, "content": content, "mediaName": "示例", "code": code, "image": ""}


def notice(code: str, name: str, title: str, art_code: str, day: str = "2022-05-27 00:00:00", stray: bool = False) -> dict:
    row = {
        "art_code": art_code, "display_time": day, "eiTime": day, "notice_date": day, "title": title, "language": "0", "title_ch": title,
        "codes": [{"ann_type": "A,SHA", "inner_code": "1", "market_code": "1", "short_name": name, "stock_code": code}],
        "columns": [{"column_code": "001", "column_name": "年度报告"}],
    }  # fmt: skip
    return row | {"stray": True} if stray else row
