"""Posts and rows → articles: items a second, beside the usual libraries in the same run. Nothing is read from disk but the code.

    python benchmarks/articles.py [--posts 400] [--rounds 9]

The posts are generated: about 5 KB each in the publisher's own markup (front matter, digest, chart, annotated names, credit, closing
lines), no two alike, so that no memory of ours sees the same element more often than real news repeats a company. Every round runs all
contestants interleaved, in processor time; the table shows medians of the rounds, the best round (a busy machine slows all others), and the
ratio to bytes.count, a plain scan of the same memory.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newslink.articles import RawItem, event_tags, parse, signature, text_of_html  # noqa: E402
from newslink.articles.items import fingerprint_of  # noqa: E402
from newslink.model import Article  # noqa: E402

SYLLABLES = "国华科技新材电子光伏能源股份医药生物智能汽车控股精密通信环境建设"


def sentence(rng: random.Random) -> str:
    length = rng.randint(18, 42)
    words = "".join(
        rng.choice("公司拟回购股份用于员工计划金额不低于行业需求增长产能提升订单充足业绩改善市场预期价格资金项目") for _ in range(length)
    )
    return f"{words}{rng.randint(1, 999) / 10}%，"


def company(rng: random.Random) -> tuple[str, str]:
    """(name, data-code), from 6,000 companies of which a few are named often, as in news."""
    number = min(int(rng.paretovariate(0.7)), 5999)
    market = "1" if number % 2 else "0"
    code = f"{600000 + number if market == '1' else 1 + number:06d}"
    name = SYLLABLES[number % 31] + SYLLABLES[(number // 31) % 31] + SYLLABLES[-2:]
    return name, f"{market},{code}"


def post(rng: random.Random, number: int) -> bytes:
    digits = f"20220531{2390000000 + number}"
    name, data = company(rng)
    market, code = data.split(",")
    chart = (
        f'<p style="display:none;height:1px;overflow:hidden;"><br /></p><!-- EM_StockImg_Start --><p style="text-align:center;">'
        f'<a href="http://quote.eastmoney.com/unify/r/{market}.{code}" data-code="{code}|{market}|1" data-code2="{code}|{market}|2|" '
        f'class="EmImageRemark" target="_blank"><img src="https://webquoteklinepic.eastmoney.com/GetPic.aspx?nid={market}.{code}" '
        f'border="0" alt="K图 {code}_0" data-code="K {code}|{market}|1" width="578" height="276" /></a></p>'
        "<!-- EM_StockImg_End -->"
    )
    paragraphs = []
    for _ in range(7):
        parts = [sentence(rng)]
        for _ in range(rng.choice((0, 1, 1, 2))):
            name, data = company(rng)
            target = data.replace(",", ".")
            link = f'<a href="http://quote.eastmoney.com/unify/r/{target}" class="keytip" data-code="{data}">{name}</a>'
            parts += [f'<span id="stock_{target}">{link}</span><span id="quote_{target}"></span>', sentence(rng)]
        parts.append(sentence(rng))
        paragraphs.append(f"<p>　　{''.join(parts)}</p>")
    digest = sentence(rng)
    return (
        f'---\nlayout: post\ntitle: "{name}：{sentence(rng)}"\ndate: 2022-05-31 12:57:24 +0800\ncategories: emnews\n'
        "tags: 东财滚动新闻\n---\n"
        f'> {digest}\n\n{chart}{" ".join(paragraphs)}<p class="em_media">（文章来源：财联社）</p>\n\n'
        f"<http://finance.eastmoney.com/news/1344,{digits}.html>\n\n"
        "[返回东财滚动新闻](//example.org/emnews/)｜[返回首页](//example.org/)\n"
    ).encode()


def with_yaml_and(parse_html: Callable[[str], object]) -> Callable[[bytes], object]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def run(raw: bytes) -> object:
        _, front, body = raw.decode().split("---\n", 2)
        return yaml.load(front, loader), parse_html(body)  # noqa: S506 - a safe loader, in C where there is one

    return run


def soup(html: str) -> object:
    from bs4 import BeautifulSoup

    tree = BeautifulSoup(html, "html.parser")
    return tree.get_text(), [(node["data-code"], node.get_text()) for node in tree.select("[data-code]")]


def by_lxml(html: str) -> object:
    from lxml import html as lxml_html

    tree = lxml_html.fromstring(html)
    return tree.text_content(), [(node.get("data-code"), node.text_content()) for node in tree.xpath("//*[@data-code]")]


def by_lexbor(html: str) -> object:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    return tree.body.text(), [(node.attributes["data-code"], node.text()) for node in tree.css("[data-code]")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    rng = random.Random(1)
    raws = [post(rng, number) for number in range(options.posts)]
    items = [RawItem(f"/posts/2022-05-31-{n}.md", fingerprint_of(raw), "post", raw, 1) for n, raw in enumerate(raws)]
    bodies = [raw.decode().split("---\n", 2)[2] for raw in raws]
    articles = [article for article in map(parse, items) if isinstance(article, Article)]
    assert len(articles) == len(items)
    rows = [
        RawItem(f"/a.jsonl#{n}", "0", "jsonl", json.dumps({"id": f"x:{n}", "time": 1780271042 + n, "text": a.body[:140]}).encode(), n)
        for n, a in enumerate(articles)
    ]
    flashes = [article for article in map(parse, rows) if isinstance(article, Article)]

    contests: dict[str, tuple[Callable[[object], object], list]] = {
        "memory scan (bytes.count)": (lambda raw: raw.count("，".encode()), raws),
        "posts: parse (front matter + HTML)": (parse, items),
        "posts: text_of_html alone": (text_of_html, bodies),
        "posts: PyYAML (C) + lexbor, text and data-codes": (with_yaml_and(by_lexbor), raws),
        "posts: PyYAML (C) + lxml, text and data-codes": (with_yaml_and(by_lxml), raws),
        "posts: PyYAML (C) + BeautifulSoup, text and data-codes": (with_yaml_and(soup), raws[: max(10, options.posts // 20)]),
        "flashes: parse (JSON row)": (parse, rows),
        "flashes: event_tags": (lambda a: event_tags(a.title, a.body), flashes),
        "flashes: signature, one at a time": (lambda a: signature(a, ("600519.SH",)), flashes),
    }
    rates: dict[str, list[float]] = {name: [] for name in contests}
    for _ in range(options.rounds):
        for name, (work, inputs) in contests.items():
            start = time.process_time()
            for one in inputs:
                work(one)
            rates[name].append(len(inputs) / (time.process_time() - start))
    size = sum(map(len, raws)) / len(raws)
    marks = sum(len(a.annotations) for a in articles) / len(articles)
    print(
        f"{len(raws)} posts of {size:,.0f} bytes, {marks:.1f} annotations each; medians of {options.rounds} interleaved rounds, one core\n"
    )
    print("| what | items/s | best round | MB/s | 1 / memory scan |")
    print("|---|---|---|---|---|")
    scan = statistics.median(rates["memory scan (bytes.count)"])
    for name, found in rates.items():
        rate = statistics.median(found)
        volume = f"{rate * size / 1e6:,.1f}" if name.startswith(("posts", "memory")) else ""
        print(f"| {name} | {rate:,.0f} | {max(found):,.0f} | {volume} | {scan / rate:,.0f} |")
    ours = rates["posts: parse (front matter + HTML)"]
    for name, theirs in rates.items():
        if "PyYAML" in name:
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            print(f"parse is {ratio:.1f} times {name.removeprefix('posts: ')}, best round to best round {max(ours) / max(theirs):.1f}")


if __name__ == "__main__":
    main()
