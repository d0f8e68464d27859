"""Links of an article → the same after what people said about them."""

from __future__ import annotations

from newslink.link.corrections import Correction, Rulings
from newslink.link.universe import Universe
from newslink.model import Article, Link, Mention, Role


def corrected(article: Article, links: list[Link], rulings: Rulings, universe: Universe) -> list[Link]:
    """Links of one article with people's statements applied: refused ones become candidates of confidence 0, added ones are certain."""
    refused = rulings.refused
    if refused:
        kept = []
        for link in links:
            ruling = refused.get((article.id, link.security))
            if ruling is None:
                for other in link.alternatives:
                    ruling = ruling or refused.get((article.id, other))
            if ruling is None:
                kept.append(link)
                continue
            mentions = tuple(
                Mention(m.field, m.start, m.end, m.surface, "correction", (*m.evidence, _said("-", ruling))) for m in link.mentions
            )
            kept.append(Link(link.security, link.role, 0.0, link.relevance, mentions, link.alternatives))
        links = kept
    for ruling in rulings.added.get(article.id, ()):
        entity = universe.entity_of(ruling.security)
        mine = [k for k in links if universe.entity_of(k.security) == entity]
        note = Mention("markup", 0, 0, "", "correction", (_said("+", ruling),))
        if mine:
            old = mine[0]
            rest = tuple(s for s in (old.security, *old.alternatives) if s != ruling.security)
            links[links.index(old)] = Link(ruling.security, old.role, 1.0, max(old.relevance, 0.3), (*old.mentions, note), rest)
        else:
            rest = tuple(s for s in universe.listings_of(entity) if s != ruling.security)
            links.append(Link(ruling.security, Role.MENTION, 1.0, 0.5, (note,), rest))
    return links


def _said(sign: str, ruling: Correction) -> str:
    when = f" {ruling.when:%Y-%m-%d %H:%M}" if ruling.when else ""
    return f"{sign} said by {ruling.who or 'a person'}{when}"
