"""Labelled inputs and a way of linking → counts of right, wrong and missed links, one scorer for each figure linking is held to.

A way of linking takes articles and gives, for each, its hits. Companies are compared by entity; listings by security id.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import daachorse

from newslink.errors import UnknownSecurity
from newslink.link import Linker, Universe, parse_security_id
from newslink.link.windows import QUOTE_MARK, holds, text_key
from newslink.model import Article, Kind, NameKind, Precision, Role, market_of

BEIJING = timezone(timedelta(hours=8))
HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"


@dataclass(frozen=True, slots=True)
class Hit:
    """One company found in one article. spans: (field, start, end)."""

    security: str
    role: str = "mention"
    spans: tuple[tuple[str, int, int], ...] = ()
    confidence: float = 1.0


Way = Callable[[Sequence[Article]], list[list[Hit]]]


@dataclass
class Score:
    """right: labelled and found. wrong: found, not labelled. missed: labelled, not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def article(text: str, day: date | datetime, id: str = "", title: str = "") -> Article:
    published = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, 10, tzinfo=BEIJING)
    return Article(id or text[:40], published, Precision.SECOND, title, text)


def by_linker(linker: Linker) -> Way:
    """The linker; candidates (confidence below 0.5) are no links."""

    def way(articles: Sequence[Article]) -> list[list[Hit]]:
        out = []
        for links in linker.link_many(articles):
            out.append(
                [
                    Hit(k.security, k.role.value, tuple((m.field, m.start, m.end) for m in k.mentions), k.confidence)
                    for k in links
                    if k.confidence >= 0.5
                ]
            )
        return out

    return way


def naive(universe: Universe, today: date | None = None) -> Way:
    """Leftmost-longest matching of the names of today (None: of all times), nothing else: what a first attempt would do."""
    owner: dict[str, str] = {}
    for name in universe.names:
        security = universe.security(name.security)
        if name.kind is NameKind.ENGLISH or security.kind is not Kind.STOCK or QUOTE_MARK.match(name.text):
            continue
        if today is not None and not holds(name, today):
            continue
        surface = re.sub(r"-[A-Z]{1,2}$", "", text_key(name.text))
        if len(surface) < 2 or surface.isascii():
            continue
        old = owner.get(surface)
        if old is None or _rank(name.security) < _rank(old):
            owner[surface] = name.security
    surfaces = sorted(owner)
    machine = daachorse.CharwiseDoubleArrayAhoCorasick(surfaces, daachorse.MATCH_KIND_LEFTMOST_LONGEST)

    def way(articles: Sequence[Article]) -> list[list[Hit]]:
        out = []
        for one in articles:
            spans: dict[str, list] = {}
            for where, text in (("title", one.title), ("body", one.body)):
                for start, end, place in machine.find(text):
                    spans.setdefault(owner[surfaces[place]], []).append((where, start, end))
            out.append([Hit(security, "subject", tuple(found)) for security, found in spans.items()])
        return out

    return way


def _rank(security: str) -> tuple[int, str]:
    return ({"SH": 0, "SZ": 0, "BJ": 1, "HK": 2, "US": 3}[market_of(security)], security)


# --- adversarial sentences -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    surface: str
    kind: str
    trap: str
    sentence: str
    day: date
    expect: tuple[str, ...]


def cases(name: str = "adversarial.tsv") -> list[Case]:
    """The rows of an adversarial file."""
    lines = [x for x in (HERE / name).read_text(encoding="utf-8").splitlines() if x and not x.startswith("# ")]
    return [
        Case(r["surface"], r["kind"], r["trap"], r["sentence"], date.fromisoformat(r["date"]), tuple((r["expect"] or "").split()))
        for r in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]


LEXICAL = ("word", "china", "place", "person", "contained", "group", "vendor", "broker", "reused")


def adversarial(universe: Universe, way: Way, rows: Sequence[Case]) -> dict[str, Score]:
    """kind → score of companies; over all kinds ``exact listing``, ``source`` (only quoted) and ``party`` (takes part, not the subject).

    Only what the sentence tempts to or expects is counted: other companies it happens to name are nobody's error here.
    """
    scores: dict[str, Score] = {}
    rivals: dict[str, set[str]] = {}
    for name in universe.names:
        rivals.setdefault(text_key(name.text), set()).add(universe.entity_of(name.security))
    found = way([article(row.sentence, row.day, f"case-{i}") for i, row in enumerate(rows)])
    for row, hits in zip(rows, found, strict=True):
        score = scores.setdefault(row.kind, Score())
        wanted: list[set[str]] = []
        allowed: set[str] = set()
        roles: list[tuple[str, set[str]]] = []
        for token in row.expect:
            entities = {universe.entity_of(x) for x in token.rstrip("?!~^").split("|")}
            if "?" in token:
                allowed |= entities
            else:
                wanted.append(entities)
            if token[-1] in "!~^":
                roles.append((token[-1], entities))
        tempted = rivals.get(text_key(row.surface), set()) | ({universe.entity_of(row.trap)} if row.trap else set())
        got = {universe.entity_of(h.security) for h in hits}
        for entities in wanted:
            if got & entities:
                score.right += 1
            else:
                score.missed += 1
                score.errors.append(f"missed {'|'.join(sorted(entities))} in {row.day} {row.sentence}")
        everything = set().union(allowed, *wanted)
        for entity in (got & tempted) - everything:
            score.wrong += 1
            score.errors.append(f"wrong {entity} ({row.surface}) in {row.day} {row.sentence}")
        for sign, entities in roles:
            played = {h.role for h in hits if universe.entity_of(h.security) in entities}
            role = scores.setdefault("party" if sign == "^" else "source", Score())
            wrong = {"~": played != {"source"}, "^": "subject" in played, "!": "source" in played}[sign]
            if not played:
                continue  # not linked is counted with the companies
            if not wrong:
                role.right += sign != "!"
            elif sign == "!":
                role.wrong += 1
            else:
                role.missed += 1
            if wrong:
                role.errors.append(f"{'|'.join(sorted(played))} is not {sign}: {'|'.join(sorted(entities))} in {row.sentence}")
        if row.kind == "listing":
            exact = scores.setdefault("exact listing", Score())
            ids = {h.security for h in hits}
            for token in row.expect:
                if set(token.rstrip("?!~^").split("|")) & ids:
                    exact.right += 1
                elif any(universe.entity_of(x) in got for x in token.split("|")):
                    exact.wrong += 1
                    exact.errors.append(f"{sorted(ids)} instead of {token} in {row.sentence}")
    return scores


def total(scores: dict[str, Score], kinds: Iterable[str]) -> Score:
    parts = [scores[k] for k in kinds if k in scores]
    errors = [error for part in parts for error in part.errors]
    return Score(sum(p.right for p in parts), sum(p.wrong for p in parts), sum(p.missed for p in parts), errors)


# --- real posts ------------------------------------------------------------------------------------------------------------


def posts(folder: Path = SHARED / "posts") -> list[tuple[Article, set[str], set[str]]]:
    """(article, securities it names, securities that may be linked or not) for every post of GOLD.tsv."""
    read = _read_posts(folder)
    out = []
    with (folder / "GOLD.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            one = read.get(row["file"])
            if one is None:
                continue
            named, perhaps = set(), set()
            for code in filter(None, (row["gold"] or "").split(",")):
                named.add(parse_security_id(code))
            key = next(k for k in row if k and k.startswith("unannotated"))
            for code in filter(None, (row[key] or "").split(",")):
                (perhaps if code.endswith("?") else named).add(parse_security_id(code.partition("=")[2].rstrip("?")))
            # Words the publisher's own matching got wrong: the remarks say that the word is a common noun or a channel.
            for word, code in re.findall(r"(\S+?)=(\d+\.\w+) \((?:common noun|channel)", row["remarks"] or ""):
                assert word
                named.discard(parse_security_id(code))
            out.append((one, named, perhaps))
    return out


def _read_posts(folder: Path) -> dict[str, Article]:
    """File name → article of every post that can be read."""
    from newslink.articles import discover, parse

    read: dict[str, Article] = {}
    for item in discover([folder]):
        parsed = parse(item) if not hasattr(item, "reason") else item
        if isinstance(parsed, Article):
            read[Path(item.locator).name] = parsed
    return read


def score_posts(universe: Universe, way: Way, labelled: Sequence[tuple[Article, set[str], set[str]]], mainland: bool = False) -> Score:
    """Companies of each post. mainland: A-share companies alone, as the survey counted them."""
    score = Score()
    for (one, named, perhaps), hits in zip(labelled, way([p[0] for p in labelled]), strict=True):

        def keep(security: str) -> bool:
            entity = universe.entity_of(security)
            return (not mainland or market_of(entity) in {"SH", "SZ", "BJ"}) and _is_stock(universe, security)

        gold = {universe.entity_of(s) for s in named if keep(s)}
        may = {universe.entity_of(s) for s in perhaps}
        got = {universe.entity_of(h.security) for h in hits if keep(h.security)}
        score.right += len(gold & got)
        score.missed += len(gold - got)
        score.wrong += len(got - gold - may)
        score.errors += [f"missed {e} {universe.name_on(e)} in {one.id}" for e in sorted(gold - got)]
        score.errors += [f"wrong {e} {universe.name_on(e)} in {one.id}" for e in sorted(got - gold - may)]
    return score


def _is_stock(universe: Universe, security: str) -> bool:
    known = universe.security(security)
    return known is None or known.kind is Kind.STOCK


# --- hand-read links of telegraph items ------------------------------------------------------------------------------------


def score_telegraph(universe: Universe, way: Way, path: Path = SHARED / "linking" / "hand_telegraph.jsonl") -> dict[str, Score]:
    """company: right links kept and wrong ones not made; listing: the Hong Kong listing where that is meant; source: quoted only."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    scores = {"company": Score(), "listing": Score(), "source": Score()}
    for row, hits in zip(rows, way([article(r["text"], date(2022, 1, 5), r["id"]) for r in rows]), strict=True):
        entities = {universe.entity_of(s) for s in row["symbols"]}
        mine = [h for h in hits if universe.entity_of(h.security) in entities]
        on_surface = [h for h in mine if any(row["surface"] in _words(row["text"], span) for span in h.spans)] or mine
        company = scores["company"]
        if row["right_company"]:
            company.right += bool(mine)
            company.missed += not mine
            if not mine:
                company.errors.append(f"missed {row['surface']}: {row['text'][:80]}")
        elif on_surface:
            company.wrong += 1
            company.errors.append(f"wrong {row['surface']}: {row['text'][:80]}")
        if row["other_listing"] and mine:
            right = any(market_of(h.security) in {"HK", "US"} for h in mine)
            scores["listing"].right += right
            scores["listing"].wrong += not right
            if not right:
                scores["listing"].errors.append(f"{row['surface']}: {row['text'][:80]}")
        if row["right_company"] and mine:
            spoke = any(h.role == Role.SOURCE.value for h in mine)
            source = scores["source"]
            source.right += spoke and row["source_only"]
            source.wrong += spoke and not row["source_only"]
            source.missed += not spoke and row["source_only"]
            if spoke != row["source_only"]:
                source.errors.append(f"{'is' if row['source_only'] else 'is no'} source: {row['surface']}: {row['text'][:80]}")
    return scores


def _words(text: str, span: tuple[str, int, int]) -> str:
    return text[span[1] : span[2]] if span[0] == "body" else ""


# --- one-company items of 2018-2020 and newswire annotations ---------------------------------------------------------------


def astock(path: Path = SHARED / "astock" / "val.tsv.gz") -> list[tuple[Article, str, str]]:
    """(article, security, name as the text has it)."""
    out = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for i, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)):
            day = datetime.fromisoformat(row["DATE"]).replace(tzinfo=BEIJING)
            out.append((article(row["text_a"], day, f"astock-{i}", row["TITLE"]), parse_security_id(row["CODE"]), row["NAME"]))
    return out


def score_astock(universe: Universe, way: Way, rows: Sequence[tuple[Article, str, str]]) -> Score:
    """Labelled stocks found, of those whose name is in the text. wrong counts links beyond the label (four in five are right)."""
    score = Score()
    for (one, security, name), hits in zip(rows, way([r[0] for r in rows]), strict=True):
        got = {universe.entity_of(h.security) for h in hits}
        label = universe.entity_of(security)
        if text_key(name) not in text_key(one.title + " " + one.body):
            continue
        if label in got:
            score.right += 1
        else:
            score.missed += 1
            score.errors.append(f"{security} {name}: {one.body[:70]}")
        score.wrong += len(got - {label})
    return score


def flashes(path: Path = SHARED / "flashes" / "2026-06-01_14.jsonl.gz") -> list[tuple[Article, list[tuple[str, str]]]]:
    """(article, [(security, name the wire gave or nothing)]); annotations of anything but securities are left out."""
    out = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            one = article(row["text"], datetime.fromisoformat(row["published_at"]), row["id"], row["title"])
            tags = [(s, tag["name"]) for tag in row["annotated"] if (s := _annotated(row["source"], tag["raw"]))]
            out.append((one, tags))
    return out


def _annotated(source: str, raw: str) -> str | None:
    head, _, code = raw.rpartition(":" if source == "ths" else ".")
    if source == "ths":
        # Their market numbers: 17 and 22 Shanghai, 33 and 26 Shenzhen, 151 Beijing, 176-178 Hong Kong, 169, 185, 186 New York.
        head = {"17": "1", "22": "1", "33": "0", "26": "0", "151": "0", "169": "105", "185": "105", "186": "105"}.get(head, head)
        raw = f"{int(code[2:]):05d}.HK" if code.startswith("HK") and code[2:].isdigit() else f"{head}.{code}"
    if raw.startswith(("90.", "150.", "100.", "201.")):
        return None
    try:
        return parse_security_id(raw)
    except UnknownSecurity:
        return None


def score_flashes(universe: Universe, way: Way, rows: Sequence[tuple[Article, list[tuple[str, str]]]]) -> Score:
    """Annotated securities found, at company level, of those a name of which is in the text. wrong: links no wire annotated."""
    score = Score()
    short: dict[str, list] = {}
    for name in universe.names:
        if name.kind in (NameKind.SHORT, NameKind.NICKNAME):
            short.setdefault(universe.entity_of(name.security), []).append(name)
    for (one, tags), hits in zip(rows, way([r[0] for r in rows]), strict=True):
        text = text_key(one.title + " " + one.body)
        day = one.published.astimezone(BEIJING).date()
        got = {universe.entity_of(h.security) for h in hits if _is_stock(universe, h.security)}
        tagged = set()
        for security, given in tags:
            known = universe.security(security)
            if known is None or known.kind is not Kind.STOCK:
                continue
            entity = known.entity
            names = {text_key(given)} | {text_key(n.text) for n in short.get(entity, ()) if holds(n, day)}
            names |= {re.sub(r"-[A-Z]{1,2}$", "", n) for n in names}
            if entity not in tagged and any(len(n) > 1 and n in text for n in names):
                tagged.add(entity)
                if entity in got:
                    score.right += 1
                else:
                    score.missed += 1
                    score.errors.append(f"missed {security} {given or known.name}: {one.title} {one.body[:90]}")
        extra = got - tagged - {universe.entity_of(s) for s, _ in tags}
        score.wrong += len(extra)
        score.errors += [f"extra {e} {universe.name_on(e)}: {one.title} {one.body[:90]}" for e in sorted(extra)]
    return score


# --- long pages and single links read by a person ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    """One security named in a page. verdict: right, source (only quoted), wrong (something else of that name), unsure."""

    field: str
    start: int
    end: int
    surface: str
    security: str
    verdict: str


def pages(name: str) -> list[tuple[Article, list[Label]]]:
    """(article, its labels) for every document of a file of labels; the texts are read in ../shared. Labels that do not fit the text raise."""
    labels: dict[str, list[Label]] = {}
    lines = [x for x in (HERE / name).read_text(encoding="utf-8").splitlines() if x and not x.startswith("# ")]
    for r in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        label = Label(r["field"], int(r["start"]), int(r["end"]), r["surface"], r["security"], r["verdict"])
        labels.setdefault(r["document"], []).append(label)
    texts = {one.id: one for one, _ in flashes()}
    texts |= _read_posts(SHARED / "posts")
    out = []
    for document, mine in labels.items():
        one = texts[document]
        for label in mine:
            text = one.title if label.field == "title" else one.body
            # The publisher's chart block names a security without words.
            assert not label.surface or text[label.start : label.end] == label.surface, (document, label)
        out.append((one, mine))
    return out


def score_pages(universe: Universe, way: Way, rows: Sequence[tuple[Article, list[Label]]], whole: bool = True) -> dict[str, Score]:
    """company: right ones found, others not; listing: as meant; source: who only speaks has that role, nobody else.

    whole: every security of the document is labelled, so a link without a label is wrong.
    A mere source may be linked or not: its link is right where there is one, and nothing is missed without.
    """
    scores = {"company": Score(), "listing": Score(), "source": Score()}
    company, listing, source = scores.values()
    for (one, labels), hits in zip(rows, way([r[0] for r in rows]), strict=True):
        by_entity = {universe.entity_of(label.security): label for label in labels}
        seen = set()
        for hit in hits:
            entity = universe.entity_of(hit.security)
            label = by_entity.get(entity)
            where = f"{one.id} {hit.security} {universe.name_on(hit.security)} {_around(one, hit)}"
            if label is None or label.verdict == "wrong":
                if label is not None or whole:
                    company.wrong += 1
                    company.errors.append(f"wrong {where}")
                continue
            seen.add(entity)
            if label.verdict == "unsure":
                continue
            company.right += 1
            if len(universe.listings_of(entity)) > 1:
                same = hit.security == label.security
                listing.right += same
                listing.wrong += not same
                if not same:
                    listing.errors.append(f"{label.security} is meant: {where}")
            spoke, speaks = hit.role == Role.SOURCE.value, label.verdict == "source"
            source.right += spoke and speaks
            source.wrong += spoke and not speaks
            source.missed += speaks and not spoke
            if spoke != speaks:
                source.errors.append(f"{hit.role} but {'only' if speaks else 'not'} a source: {where}")
        for entity, label in by_entity.items():
            if label.verdict == "right" and entity not in seen:
                company.missed += 1
                text = one.title if label.field == "title" else one.body
                around = text[max(0, label.start - 20) : label.end + 20]
                company.errors.append(f"missed {one.id} {label.security} {label.surface}: {around!r}")
    return scores


def _around(one: Article, hit: Hit) -> str:
    for place, start, end in hit.spans:
        if place in ("title", "body") and end > start:
            text = one.title if place == "title" else one.body
            return repr(f"{text[max(0, start - 20) : start]}⟦{text[start:end]}⟧{text[end : end + 24]}")
    return ""


def spans_of(hits: Iterable[Hit]) -> Iterator[tuple[str, int, int]]:
    for hit in hits:
        yield from hit.spans
