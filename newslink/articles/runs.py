"""Tags that stand together → what they do as one. Posts are written by machines: ``</p>\\n <p>`` and ``</a></span>`` come back in all of them.

A page is cut into runs of tags and the words between them. A run is understood once and remembered by its characters, so that reading a page
takes half as many steps as it has tags. Only where a tag's end or effect depends on what comes behind the run is the run UNUSUAL, and the page
is read tag by tag from there. Which tag opens and ends where is always what TOKEN says; RUN only proposes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from newslink.articles.elements import (
    CHART,
    CLOSE,
    CLOSES_PARAGRAPH,
    CREDIT,
    HIDE,
    IGNORE,
    KNOWN,
    LINE,
    OPEN,
    RAW_NAMES,
    SPACE,
    Element,
    name_of,
    read_tag,
)


class Run(NamedTuple):
    """gap: what it puts between the words before and behind it: 0 nothing, 1 a space, 2 a new line. alone: its elements that have an effect
    besides, where no inline element is open before it; within: those where one is. credit: where its last tag opens the credit line, that tag
    and the end tag, which is not part of the run.
    """

    gap: int
    alone: tuple[Element, ...]
    within: tuple[Element, ...]
    credit: tuple[str, str] | None = None


UNUSUAL = Run(0, (), ())

_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>"""
# Their content is no markup: ``<`` inside a script opens nothing, only the end tag of the same name ends it.
_RAW = "|".join(rf"(?i:{name})(?=[\s/>]){_ATTRIBUTES}.*?(?:</(?i:{name})(?=[\s/>]){_ATTRIBUTES}|\Z)" for name in RAW_NAMES)
# The first letters of those names, so that <span> and <strong> are not tried against each of them.
_RAW_HEADS = "|".join(sorted({"".join(f"[{c}{c.upper()}]" for c in name[:3]) for name in RAW_NAMES}))
# First the tags most pages are made of: those whose name cannot be raw.
_USUAL = rf"""/?[a-zA-Z](?<![{"".join(sorted({name[0] + name[0].upper() for name in RAW_NAMES}))}])[^>=]*+(?:=\s*+(?:"[^"]*+"|'[^']*+')?+[^>=]*+)*+>"""
# TOKEN and RUN are run only on text that ends with ">": then every tag finds its end, and no start is tried in vain (which would cost quadratic
# time).
TOKEN = re.compile(rf"(<(?:{_USUAL}|!--(?:-?>|.*?(?:--!?>|\Z))|(?={_RAW_HEADS})(?:{_RAW})|/?[a-zA-Z]{_ATTRIBUTES}|[!?/][^>]*>))", re.DOTALL)
UNENDED = re.compile(
    rf"<(?:!--(?!-?>)(?!.*--!?>\Z)|({'|'.join(RAW_NAMES)})(?=[\s/>])(?!.*</\1(?=[\s/>]){_ATTRIBUTES}\Z))", re.DOTALL | re.IGNORECASE
)
# A run ends before a comment, since comments frame what varies from post to post: a chart is a run of its own.
RUN = re.compile(r"(<[a-zA-Z!?/][^>]*+>(?:\s*+<[a-zA-Z/][^>]*+>)*+)")
# Tags of which TOKEN would make the same whatever stood behind them: no raw element, no open comment, no quotation mark left open.
_WHOLE = re.compile(
    rf"""(?:\s*+<(?:/?(?!(?i:{"|".join(RAW_NAMES)})[\s/>])[a-zA-Z][^>=]*+(?:=\s*+(?:"[^"]*+"|'[^']*+'|(?!["']))[^>=]*+)*+>"""
    r"|!--(?:-?>|.*?--!?>)|(?:!(?!--)|\?|/(?![a-zA-Z]))[^>]*>))++",
    re.DOTALL,
)
_WHITE_SPACE = Element(SPACE)
_MAX_CACHED = 1_000  # characters: a chart with its link has about 600
_MAX_KNOWN = 10_000
RUNS: dict[str, Run] = {}


def read_run(run: str) -> Run:
    """What the run does, or UNUSUAL. run: as RUN cuts it. Remembered in RUNS, so that callers may look there first."""
    summary = _read(run)
    if len(run) <= _MAX_CACHED:
        if len(RUNS) >= _MAX_KNOWN:
            RUNS.clear()
        RUNS[run] = summary
    return summary


def _read(run: str) -> Run:
    if not _WHOLE.fullmatch(run):
        return UNUSUAL
    tokens = TOKEN.split(run)
    if len(tokens) == 3:
        return _of_one(KNOWN.get(run) or read_tag(run), run)
    elements: list[Element] = []
    gap = 0
    credit = None
    i = 1
    while i < len(tokens):
        element = KNOWN.get(tokens[i]) or read_tag(tokens[i])
        action = element.action
        i += 2
        if action == HIDE:
            end, own = end_of(element.name, tokens, i)
            if end == len(tokens):
                return UNUSUAL
            i = end + 2 if own else end
            white = own and bool(tokens[i - 1])
        elif action == CREDIT:
            if i < len(tokens):
                return UNUSUAL
            credit = (tokens[-2], f"</{element.name}>")
            white = False
        else:
            white = bool(tokens[i - 1])
            last = elements[-1] if elements else _WHITE_SPACE
            if action == LINE:
                gap = 2
                if last.action != LINE:
                    elements.append(element)
            elif action == CLOSE and last.action == OPEN and last.name == element.name != "a":
                elements.pop()  # opened and closed around nothing
            elif action == SPACE:
                white = True
            elif action != IGNORE and not (action == CHART and _says_again(last, element)):
                elements.append(element)
        if white and not gap:
            gap = 1
            elements.append(_WHITE_SPACE)
    if any(element.action == CHART for element in elements):  # it stands at what the gap is before it
        return Run(0, tuple(elements), tuple(elements), credit)
    within = [element for element in elements if element.action != SPACE]
    return Run(gap, tuple(_alone(within)), tuple(within), credit)


def _says_again(last: Element, chart: Element) -> bool:
    """Whether the image of a chart stands inside the link that named the same security."""
    return last.action == CHART and last.target == chart.target and not chart.opens


def _of_one(element: Element, tag: str) -> Run:
    """As ``_read``, in fewer steps, for a run of a single tag."""
    action = element.action
    if action == CREDIT:
        return Run(0, (), (), (tag, f"</{element.name}>"))
    if action == HIDE:
        return UNUSUAL
    elements = () if action in (IGNORE, SPACE) else (element,)
    return Run(2 if action == LINE else 1 if action == SPACE else 0, () if action in (CLOSE, LINE) else elements, elements)


def _alone(elements: list[Element]) -> list[Element]:
    """Without the ends of what is not open."""
    kept: list[Element] = []
    opened = False
    for element in elements:
        if opened or element.action not in (CLOSE, LINE):
            kept.append(element)
            opened = element.action == OPEN or (opened and element.action != LINE)
    return kept


def end_of(name: str, tokens: list[str], i: int) -> tuple[int, bool]:
    """Where the element of that name ends whose content begins before the tag tokens[i]: (index of the tag that ends it, whether that tag is
    its own end tag); (len(tokens), False) where nothing ends it. A paragraph without end tag ends where the next block begins.
    """
    depth = 1
    for at in range(i, len(tokens), 2):
        tag = tokens[at]
        inner = name_of(tag)
        if name == "p" and inner in CLOSES_PARAGRAPH and tag[1] != "/":
            return at, False
        if inner == name:
            depth += -1 if tag[1] == "/" else 1
            if not depth:
                return at, True
    return len(tokens), False
