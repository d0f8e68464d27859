"""Clusters as found and what people said about them → clusters as they are to be. Pure.

Statements are taken in the order in which they were said: a merge puts two clusters together, a split takes one article out. So of two that
disagree the later one holds, and the result depends on nothing but the clusters as found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from newslink.pipeline.statements import Kind, Statement


def standing_alone(said: Sequence[Statement]) -> set[str]:
    """Articles that people set apart from every other, and nobody merged since: they are no reason to join others either."""
    alone: set[str] = set()
    for one in said:
        if one.kind is Kind.SPLIT and not one.other:
            alone.add(one.article)
        elif one.kind is Kind.MERGE:
            alone -= {one.article, one.other}
    return alone


def overrule(found: Mapping[str, str], said: Sequence[Statement], order: Callable[[str], Any]) -> dict[str, str]:
    """article → head of its cluster. found: the same as the machine has it. order: which article of a cluster comes first and heads it."""
    clusters = dict(found)
    members: dict[str, set[str]] = defaultdict(set)
    for article, head in clusters.items():
        members[head].add(article)
    for one in said:
        if one.article not in clusters or (one.other and one.other not in clusters):
            continue
        mine = clusters[one.article]
        if one.kind is Kind.MERGE and clusters[one.other] != mine:
            _settle(clusters, members, members.pop(mine) | members.pop(clusters[one.other]), order)
        elif one.kind is Kind.SPLIT and len(members[mine]) > 1 and (not one.other or clusters[one.other] == mine):
            rest = members.pop(mine) - {one.article}
            _settle(clusters, members, {one.article}, order)
            _settle(clusters, members, rest, order)
    return clusters


def _settle(clusters: dict[str, str], members: dict[str, set[str]], group: set[str], order: Callable[[str], Any]) -> None:
    head = min(group, key=order)
    members[head] = group
    for article in group:
        clusters[article] = head
