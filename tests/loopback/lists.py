"""A handful of securities → the exchanges' lists in their own shapes: JSON of Shanghai and Beijing, Excel of Shenzhen, pages of Sina."""

from __future__ import annotations

import io
import json

import pandas as pd

from tests.loopback.proxy import Answer, Request
from tests.loopback.services import as_json

SSE = [
    ("600519", "贵州茅台", "贵州茅台酒股份有限公司", "2001-08-27"),
    ("600036", "招商银行", "招商银行股份有限公司", "2002-04-09"),
]
STAR = [("688111", "金山办公", "北京金山办公软件股份有限公司", "2019-11-18")]
SSE_GONE = [("600087", "退市长油", "1997-06-12", "2014-06-05")]
# Shenzhen's list is only cleaned up by akshare when it has more than ten rows.
SZSE = [
    ("1", "平安银行", "1991-04-03"), ("2", "万  科Ａ", "1991-01-29"), ("858", "五 粮 液", "1998-04-27"), ("2594", "比亚迪", "2011-06-30"),
    ("300059", "东方财富", "2010-03-19"), ("300750", "宁德时代", "2018-06-11"), ("300343", "联创股份", "2012-08-01"),
    ("63", "中兴通讯", "1997-11-18"), ("651", "格力电器", "1996-11-18"), ("333", "美的集团", "2013-09-18"),
    ("725", "京东方Ａ", "2001-01-12"), ("2415", "海康威视", "2010-05-28"),
]  # fmt: skip
SZSE_GONE = [("24", "招商地产", "1993-06-07", "2015-12-30")]
SZSE_RENAMED = [
    ("2012-08-02", "1", "平安银行", "深发展A", "平安银行"),
    ("2015-05-01", "300343", "联创股份", "联创节能", "联创股份"),
    ("2007-06-20", "1", "平安银行", "S深发展A", "深发展A"),
]
BSE = [("920799", "艾融软件", "20220310"), ("830799", "艾能聚", "20230228")]
SHENWAN = [
    ("600519", "2001-08-27", "340301"), ("600519", "2021-07-30", "340501"), ("600036", "2002-04-09", "440101"),
    ("600036", "2014-02-21", "480101"), ("600036", "2021-07-30", "480301"), ("300750", "2018-06-11", "630301"),
    ("300750", "2021-07-30", "630701"), ("920799", "2022-03-10", "710401"), ("900901", "1992-02-21", "110101"), ("000001", "", "480301"),
]
HK = [("00700", "腾讯控股", "TENCENT"), ("00939", "建设银行", "CCB"), ("09988", "阿里巴巴-W", "BABA-W")]
US = [("NIO", "蔚来", "NIO Inc."), ("BABA", "阿里巴巴", "Alibaba Group Holding Ltd.")]


def sse(request: Request) -> Answer:
    if request.query.get("COMPANY_STATUS") == "3":
        rows = [{"COMPANY_CODE": c, "COMPANY_ABBR": n, "LIST_DATE": a, "DELIST_DATE": b} for c, n, a, b in SSE_GONE]
        return as_json({"result": rows})
    chosen = STAR if request.query.get("STOCK_TYPE") == "8" else SSE
    rows = [
        {"A_STOCK_CODE": code, "B_STOCK_CODE": "-", "SEC_NAME_CN": name, "SEC_NAME_FULL": name, "COMPANY_ABBR": name, "FULL_NAME": full,
         "LIST_DATE": listed.replace("-", "")}
        for code, name, full, listed in chosen
    ]  # fmt: skip
    return as_json({"result": rows})


def szse(request: Request) -> Answer:
    if request.query["CATALOGID"] == "1110":
        columns = ["板块", "公司全称", "A股代码", "A股简称", "A股上市日期", "A股总股本", "A股流通股本", "所属行业"]
        rows = [["主板", name, int(code), name, listed, "1", "1", "J 金融业"] for code, name, listed in SZSE]
    elif request.query["CATALOGID"] == "1793_ssgs":
        columns = ["证券代码", "证券简称", "上市日期", "终止上市日期"]
        rows = [[int(code), name, listed, gone] for code, name, listed, gone in SZSE_GONE]
    else:
        columns = ["变更日期", "证券代码", "证券简称", "变更前简称", "变更后简称"]
        rows = [[day, int(code), *names] for day, code, *names in SZSE_RENAMED]
    file = io.BytesIO()
    pd.DataFrame(rows, columns=columns).to_excel(file, index=False)
    return Answer(file.getvalue(), type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def shenwan(request: Request) -> Answer:
    """Shenwan's file of all changes of industry, its codes as numbers stored as text."""
    columns = ["股票代码", "计入日期", "行业代码", "更新日期"]
    rows = [[code, day, industry, "2026-11-01"] for code, day, industry in SHENWAN]
    file = io.BytesIO()
    pd.DataFrame(rows, columns=columns).to_excel(file, index=False)
    return Answer(file.getvalue(), type="application/vnd.ms-excel")


def bse(request: Request) -> Answer:
    content = []
    for code, name, listed in BSE:
        row = {f"c{at:02d}": "" for at in range(48)}
        row |= {"c00": listed, "c11": "1", "c17": "软件", "c22": "2026-11-20", "c29": "上海市", "c36": "1", "c38": code, "c40": name}
        content.append(row)
    return Answer("null(" + json.dumps([{"totalPages": 1, "content": content}], ensure_ascii=False) + ")")


def hk(request: Request) -> Answer:
    if request.query["page"] != "1":
        return as_json([])
    rows = []
    for code, name, english in HK:
        values = [code, name, english, "EQTY", "1", "1", "1", "1", "1", "1", "0", "1", "2026-11-20 16:08:00", "1", "1", *["0"] * 9]
        rows.append({f"k{at:02d}": value for at, value in enumerate(values)})
    return as_json(rows)


def us(request: Request) -> Answer:
    """Pages of twenty, as they come."""
    page = int(request.query["page"])
    rows = [{"name": english, "cname": name, "symbol": code, "price": "1"} for code, name, english in US[20 * page - 20 : 20 * page]]
    return Answer("/*x*/IO.XSRV2.CallbackList['x'](" + json.dumps({"count": str(len(US)), "data": rows}, ensure_ascii=False) + ");")
