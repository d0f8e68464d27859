"""One article on screen: headline, where it stands and why, the words that link it lit up, and what a person may correct."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice

import streamlit as st

from newslink.model import Origin, Precision
from newslink.pipeline.study_panel import Card
from newslink.pipeline.view_types import ArticleView, LinkView, Told
from newslink.study.words import REASONS
from newslink.ui import numbers
from newslink.ui.actions import add_link, confirm_link, mute_word, reject_link, say_what_was_done
from newslink.ui.context import Context, change, redraw
from newslink.ui.html import Span, badge, lit, paragraphs, text, web_address
from newslink.ui.remote_images import remote_images
from newslink.ui.widgets import escaped, popover

SHORT, LONG = 6_000, 200_000
CANDIDATE = 0.5
MOST_TOLD = 5


def standing(found: Context, view: ArticleView, link: LinkView | None) -> str:
    """The session and why: ``发布于 2022-05-26 18:30 盘后 → 2022-05-27``."""
    article, words = view.article, found.words
    time = published(found, view)
    if link is None or link.session is None:
        return words["stands_nowhere"] if article.published is None else time
    if link.date_only:
        return found.say("stands_date_only", time=time, session=numbers.day(link.session))
    bucket = words[link.bucket.value] if link.bucket else ""
    return found.say("stands_on", time=time, bucket=bucket, session=numbers.day(link.session))


def published(found: Context, view: ArticleView) -> str:
    article = view.article
    if article.published is None:
        return found.words["no_time"]
    full = numbers.clock(article.published)
    return full[:10] if article.precision is Precision.DAY else full


def spans(found: Context, view: ArticleView, field: str, security: str) -> list[Span]:
    """What to light up in a field: the chosen security's words strongest, candidates' only underlined."""
    out = []
    for one in view.links:
        link = one.link
        if one.muted:
            continue
        kind = "nl-weak" if link.confidence < CANDIDATE else "nl-mine" if link.security == security else "nl-other"
        for mention in link.mentions:
            if mention.field == field and mention.end > mention.start:
                said = (
                    f"{one.name} {link.security} · {found.words['rule']} {rule_name(found, mention.rule)} · {found.words['confidence']} {link.confidence:.2f}"
                )
                evidence = "；".join(mention.evidence[:4])
                out.append(Span(mention.start, mention.end, kind, f"{said} · {evidence}" if evidence else said))
    body = view.article.title if field == "title" else view.article.body
    out += [Span(start, end, "nl-hit", found.words["keyword"]) for start, end in hits(body[:LONG], found.view.keyword)]
    order = {"nl-mine": 0, "nl-other": 1, "nl-weak": 2, "nl-hit": 3}
    return sorted(out, key=lambda span: (order[span.kind], span.start))


_QUERY = re.compile(r'([-－]?)(?:["“「]([^"”」]+)["”」]|([^\s()（）|｜"“”「」]+))')


def hits(whole: str, query: str, most: int = 200) -> list[tuple[int, int]]:
    """Where the words looked for stand, as typed: those that are to be left out and the operators apart."""
    words: list[str] = []
    left_out = False
    for minus, quoted, word in _QUERY.findall(query):
        if word in ("AND", "OR"):
            continue
        if not (minus or left_out) and word != "NOT":
            words.append(quoted or word.rstrip("*"))
        left_out = word == "NOT"
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    found = re.finditer(pattern, whole, re.IGNORECASE) if pattern else ()
    return [one.span() for one in islice(found, most)]


def rule_name(found: Context, rule: str) -> str:
    return found.words.get(f"rule_{rule}", rule)


def article_html(found: Context, view: ArticleView, security: str, limit: int) -> str:
    """The article as HTML of ours around escaped text."""
    article, words = view.article, found.words
    mine = next((one for one in view.links if one.link.security == security), view.links[0] if view.links else None)
    title = lit(article.title[:400], spans(found, view, "title", security)) if article.title.strip() else text(words["untitled"])
    source = text(found.source(article.source) or words["no_source"], 60)
    parts = [f'<div class="nl-read"><h2>{title}</h2>', f'<div class="nl-why"><b>{source}</b> · {text(standing(found, view, mine))}']
    if mine is not None and mine.suspended:
        parts.append(" " + badge(words["flag_suspended"]))
    parts.append("</div>")
    tags = [badge(found.tag(tag)) for tag in view.tags[:12]]
    tags += [badge(words["update"])] if view.earlier else []
    tags += [badge(found.say("reposts", n=len(view.copies)))] if view.copies else []
    if tags:
        parts.append(f'<div class="nl-tags">{"".join(tags)}</div>')
    parts.append(paragraphs(article.body, spans(found, view, "body", security), limit))
    parts.append("</div>")
    return "".join(parts)


def returns_html(found: Context, link: LinkView) -> str:
    """T+0, T+1, T+5 with excess, coloured by direction."""
    out = []
    for label, value, excess in zip(
        ("T+0", "T+1", "T+5"), (*link.returns, None, None, None), (*link.excess, None, None, None), strict=False
    ):
        if numbers.missing(value):
            continue
        kind = "nl-up" if value > 0 else "nl-down" if value < 0 else ""
        beside = "" if numbers.missing(excess) else f" ({numbers.percent(excess)})"
        out.append(f'{label} <span class="{kind}">{numbers.percent(value)}</span>{beside}')
    return " · ".join(out)


def card_html(found: Context, card: Card) -> str:
    """AR, CAR[0,1], CAR[-1,1], each beside the band of ordinary days; grey inside the band."""
    words, cells = found.words, []
    known = REASONS.get(found.language, REASONS["en"])
    reason = known.get(card.reason) or words.get(f"error_{card.reason}") or card.reason
    if all(map(numbers.missing, (card.ar, card.car01, card.car11))):
        return f'<div class="nl-line2"><span>{text(found.words["card_none"].replace("{reason}", reason), 200)}</span></div>'
    for label, value, band in zip(("card_ar", "card_car01", "card_car11"), (card.ar, card.car01, card.car11), card.band, strict=False):
        beyond = not numbers.missing(value) and not numbers.missing(band) and abs(value) > band
        kind = "" if not beyond else "nl-up" if value > 0 else "nl-down"
        figure = numbers.NOTHING if numbers.missing(value) else numbers.percent(value)
        cells.append(
            f'<div class="nl-card0"><span>{text(words[label])}</span><b class="{kind}">{figure}</b><span>{numbers.band(band)}</span></div>'
        )
    said = f"{text(reason, 160)} · " if reason else ""
    return f'<div class="nl-cards">{"".join(cells)}</div><div class="nl-line2"><span>{said}{text(words["card_note"])}</span></div>'


def link_html(found: Context, one: LinkView, security: str) -> str:
    link, words = one.link, found.words
    role = words["role_source" if link.role.value == "source" else link.role.value]
    rules = found.words["comma"].join(dict.fromkeys(rule_name(found, mention.rule) for mention in link.mentions))
    kind = "nl-link" + (" nl-mine" if link.security == security else "") + (" nl-muted" if one.muted else "")
    state = badge(words["muted"]) if one.muted else badge(words["confirmed"]) if one.confirmed else ""
    return (
        f'<div class="{kind}"><b>{text(one.name, 40)}</b> {text(link.security)} · {text(role)} · '
        f"{text(words['confidence'])} {link.confidence:.2f} · "
        f"{text(words['rule'])} {text(rules, 80)} {state}<br>{returns_html(found, one)}</div>"
    )


def reader(found: Context, view: ArticleView | None, security: str, place: str, card: Callable[[], Card | None] | None = None) -> None:
    """The whole reader. place: keeps widgets of several readers apart. card: what the event study says of this one event."""
    words = found.words
    if view is None:
        st.html(f'<div class="nl-empty">{text(words["reader_empty"])}</div>')
        return
    article = view.article
    whole = st.session_state.get(f"{place}-whole") == article.id
    st.html(article_html(found, view, security, LONG if whole else SHORT))
    if len(article.body) > SHORT and not whole:
        st.button(
            found.say("more", n=f"{len(article.body):,}"),
            key=f"{place}-more",
            on_click=_open_whole,
            args=(place, article.id),
            width="stretch",
        )
    _told(found, "update_of", view.earlier, place)
    _told(found, "updated_by", view.later, place)
    remote_images(found, article, place)
    if address := web_address(article.url):
        st.link_button(words["original"], address, icon=":material/open_in_new:")
    if card is not None and (known := card()) is not None:
        st.html(card_html(found, known))
    _links(found, view, security, place)
    if article.origins:
        shown = "<br>".join(_origin(origin) for origin in article.origins[:4])
        st.html(f'<div class="nl-meta">{text(words["origin"])}: {shown}</div>')


def _told(found: Context, how: str, others: Sequence[Told], place: str) -> None:
    """Reports of the same story with other numbers; a click opens one here."""
    for number, other in enumerate(others[:MOST_TOLD]):
        time = numbers.clock(other.published) if other.published else found.words["no_time"]
        title = escaped(other.title[:80]) or found.words["untitled"]
        st.button(
            found.words[how].format(time=time, source=escaped(found.source(other.source)[:24]), title=title),
            key=f"{place}-{how}-{number}",
            type="tertiary",
            icon=":material/history:" if how == "update_of" else ":material/update:",
            on_click=_open_other,
            args=(other.article,),
        )


def _open_other(article: str) -> None:
    change(article=article)


def _origin(origin: Origin) -> str:
    """Folder, file, line and commit; hovering gives the whole path, which is long and is nobody else's business on a shared picture."""
    place = origin.locator if "://" in origin.locator else "/".join(origin.locator.rsplit("/", 2)[-2:])
    line, commit = f":{origin.line}" if origin.line else "", f" @{origin.revision[:10]}" if origin.revision else ""
    return f'<span title="{text(origin.locator, 300)}">{text(place, 120)}{line}{text(commit)}</span>'


def _open_whole(place: str, article: str) -> None:
    st.session_state[f"{place}-whole"] = article


def _links(found: Context, view: ArticleView, security: str, place: str) -> None:
    words = found.words
    groups = (
        (words["links"], [one for one in view.links if one.link.confidence >= CANDIDATE]),
        (words["candidates"], [one for one in view.links if one.link.confidence < CANDIDATE]),
    )
    for heading, links in groups:
        if not links:
            continue
        st.caption(heading)
        for number, one in enumerate(links[:20]):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(link_html(found, one, security))
                with popover(words["correct"], f"{place}-fix-{heading}-{number}", icon=":material/edit:") as box:
                    if box.open:
                        _corrections(found, view, one, f"{place}-{heading}-{number}")
    with popover(words["add_link"], f"{place}-adding", icon=":material/add_link:") as box:
        key = f"{place}-add"

        def added() -> None:
            typed, st.session_state[key] = st.session_state[key], ""
            change(article=view.article.id)
            add_link(found, view.article.id, typed)

        if box.open:
            st.text_input(words["add_link_hint"], key=key, on_change=added)
    say_what_was_done()


def _corrections(found: Context, view: ArticleView, one: LinkView, key: str) -> None:
    words, article, security = found.words, view.article.id, one.link.security

    def button(label: str, name: str, action: Callable, *arguments: str) -> None:
        def corrected() -> None:
            change(article=article)  # it stays open, wherever it now belongs, so that it can be taken back
            action(found, *arguments)

        st.button(label, key=f"{key}-{name}", on_click=corrected, width="stretch")

    button(words["not_this"], "not", reject_link, article, security)
    if one.link.confidence < CANDIDATE or one.muted:
        button(words["yes"], "yes", confirm_link, article, security)
    for number, surface in enumerate(dict.fromkeys(mention.surface for mention in one.link.mentions if mention.surface.strip())):
        if number == 2:
            break
        shown = escaped(surface[:20])
        button(words["mute_word"].replace("{word}", shown), f"mute{number}", mute_word, surface, security)
        button(words["mute_word_all"].replace("{word}", shown), f"mute-all{number}", mute_word, surface, "")
    st.button(
        words["open_chart"],
        key=f"{key}-chart",
        icon=":material/candlestick_chart:",
        on_click=_to_chart,
        args=(security, one.session),
        width="stretch",
    )


def _to_chart(security: str, session: object) -> None:
    change(security=security, day=session)
    st.session_state["go"] = "chart"
    redraw()
