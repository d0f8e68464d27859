"""Rules over what is in the store → an inbox in the store, and from there to a webhook or by e-mail, each at least once.

An alert is named by its rule and its subject, so evaluating again appends nothing twice: a crash between storing articles and evaluating
rules costs nothing, the next evaluation looks at the same days. Delivery and its record are in ``pipeline.deliver``.

| kind | subject | condition |
|---|---|---|
| watchlist | an article | names one of the securities with relevance of at least ``min_relevance`` |
| tag | an article | carries one of the event tags |
| keyword | an article | matches ``keyword`` in the search language |
| unusual | security and session | as many articles as ``threshold`` standard scores above the 60 sessions before, and at least 3 |
| move | security and session | an event whose excess return (the return, where no benchmark reaches) is ``threshold`` or more, up or down |
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pandas as pd

from newslink.errors import NewslinkError, QueryError
from newslink.link import Universe
from newslink.model import Filter, Role, market_of
from newslink.pipeline.clock import clock_of
from newslink.pipeline.events import events_of
from newslink.pipeline.linking import universe_of
from newslink.sessions import SessionClock
from newslink.store import Store

KINDS = ("watchlist", "tag", "keyword", "unusual", "move")
CHANNELS = ("webhook", "email")
BEIJING = timezone(timedelta(hours=8))
LOOK_BACK = timedelta(days=7)  # articles older than this when they arrive raise no alert
USUAL_SESSIONS = 60
LEAST_ARTICLES = 3
MOST_PER_RULE = 500  # of one evaluation; a rule that matches everything must not fill the inbox
_RULES = "alerts/rules"
THRESHOLDS = {"unusual": 3.0, "move": 0.05}


@dataclass(frozen=True, slots=True)
class Rule:
    """securities: ids; empty means the watchlist kept in the store. threshold: see the table; 0 takes the kind's own. since: ISO, UTC.

    channels: where its alerts go besides the inbox. Articles published before since raise no alert.
    """

    name: str
    kind: str
    securities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keyword: str = ""
    min_relevance: float = 0.3
    threshold: float = 0.0
    channels: tuple[str, ...] = ()
    enabled: bool = True
    since: str = ""

    @property
    def limit(self) -> float:
        return self.threshold or THRESHOLDS.get(self.kind, 0.0)


@dataclass(frozen=True, slots=True)
class Alert:
    """What happened, in codes and values; ``alert_words`` words it where it is shown or sent.

    key: names rule and subject; the same alert has the same key. at: when it was raised. security: whom its chart is of, securities: all it
    is about. count, usual: articles of the session and of a usual one (unusual). change, excess: returns of the session as fractions (move);
    excess is None where no benchmark reaches. words: the line of an alert that an earlier version stored, '' otherwise.
    """

    key: str
    rule: str
    kind: str
    at: str
    words: str = ""
    security: str = ""
    session: str = ""
    article: str = ""
    url: str = ""
    channels: tuple[str, ...] = ()
    title: str = ""
    securities: tuple[str, ...] = ()
    count: int | None = None
    usual: float | None = None
    change: float | None = None
    excess: float | None = None


def check_rule(rule: Rule) -> Rule:
    """The rule, if it can be evaluated. Raises QueryError saying what is missing."""
    if not rule.name.strip() or len(rule.name) > 80:
        raise QueryError("A rule needs a name of 1 to 80 characters.", "rule_name")
    if rule.kind not in KINDS:
        raise QueryError(f"A rule is of kind {', '.join(KINDS)}; found {rule.kind[:40]!r}.")
    if rule.kind == "tag" and not rule.tags:
        raise QueryError("A tag rule names at least one event tag, such as 减持.", "rule_tag")
    if rule.kind == "keyword" and not rule.keyword.strip():
        raise QueryError("A keyword rule needs a keyword.", "rule_keyword")
    if not 0 <= rule.min_relevance <= 1 or rule.threshold < 0 or not math.isfinite(rule.threshold):
        raise QueryError("min_relevance lies in 0 … 1, and a threshold is not negative.")
    if unknown := set(rule.channels) - set(CHANNELS):
        raise QueryError(f"Alerts go to {' or '.join(CHANNELS)}; found {', '.join(sorted(unknown))[:80]}.")
    return rule


def read_rules(store: Store) -> list[Rule]:
    """The rules kept in the store, by name. A rule this version cannot read is left where it is and not returned."""
    kept = store.state(_RULES)
    rules = []
    for entry in kept if isinstance(kept, list) else []:
        try:
            rules.append(rule_of(entry))
        except NewslinkError:
            continue
    return sorted(rules, key=lambda rule: rule.name)


def rule_of(entry: Any) -> Rule:
    """A rule from its JSON form. Raises QueryError."""
    if not isinstance(entry, dict):
        raise QueryError("A rule is a JSON object.")
    known = {field.name for field in fields(Rule)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items() if name in known}
    try:
        return check_rule(Rule(**values))
    except (TypeError, AttributeError) as error:
        raise QueryError(f"A rule that cannot be read: {error}") from None


def put_rule(store: Store, rule: Rule, now: datetime | None = None) -> Rule:
    """Keep a rule in place of the one of the same name. since: now, unless given."""
    rule = check_rule(replace(rule, since=rule.since or f"{now or datetime.now(UTC):%Y-%m-%dT%H:%M:%S+00:00}"))
    kept = store.state(_RULES)
    others = [
        entry for entry in (kept if isinstance(kept, list) else []) if not (isinstance(entry, dict) and entry.get("name") == rule.name)
    ]
    store.set_state(_RULES, [*others, asdict(rule)])
    return rule


def remove_rule(store: Store, name: str) -> bool:
    """Whether there was one."""
    kept = store.state(_RULES)
    kept = kept if isinstance(kept, list) else []
    others = [entry for entry in kept if not (isinstance(entry, dict) and entry.get("name") == name)]
    store.set_state(_RULES, others)
    return len(others) < len(kept)


def evaluate(store: Store, now: datetime | None = None, dry_run: bool = False) -> list[Alert]:
    """Alerts that were not raised before, appended to the inbox; dry_run appends nothing. One bad rule does not silence the others."""
    now = now or datetime.now(UTC)
    universe, clock = universe_of(store), clock_of(store)
    raised = []
    for rule in read_rules(store):
        if not rule.enabled:
            continue
        for alert in alerts_of(store, universe, clock, rule, now):
            if dry_run:
                if not store.in_inbox(alert.key):
                    raised.append(alert)
            elif store.add_to_inbox(alert.key, asdict(alert), now):
                raised.append(alert)
    return raised


def alerts_of(store: Store, universe: Universe, clock: SessionClock, rule: Rule, now: datetime) -> list[Alert]:
    """What the rule says of the last days, raised before or not; newest first, at most MOST_PER_RULE."""
    since = max(_moment(rule.since), now - LOOK_BACK)
    try:
        if rule.kind in {"unusual", "move"}:
            found = list((_unusual if rule.kind == "unusual" else _moves)(store, universe, clock, rule, since, now))
        else:
            found = list(_articles(store, universe, rule, since, now))
    except QueryError:
        return []
    return found[:MOST_PER_RULE]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _securities(store: Store, rule: Rule) -> tuple[str, ...]:
    kept = store.state("watchlist")
    return rule.securities or tuple(str(entry) for entry in (kept if isinstance(kept, list) else []))


def _day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def _articles(store: Store, universe: Universe, rule: Rule, since: datetime, now: datetime) -> Iterable[Alert]:
    """One alert an article, whatever the number of securities it names."""
    wanted = _securities(store, rule) if rule.kind == "watchlist" or rule.securities else ()
    if rule.kind == "watchlist" and not wanted:
        return
    if wanted:
        roles = (Role.SUBJECT, Role.MENTION, Role.LIST)
        filter = Filter(
            securities=wanted, start=_day(since), keyword=rule.keyword, tags=rule.tags, roles=roles, min_relevance=rule.min_relevance
        )
        rows = store.rows(filter)
        rows = rows.loc[pd.to_datetime(rows["published_at"], utc=True) >= pd.Timestamp(since)]
        rows = rows.sort_values(["published_at", "relevance"], ascending=[False, False], kind="stable")
        for article, group in rows.groupby("article", sort=False):
            first = group.iloc[0]
            yield _alert(
                rule, now, f"{article}", article=article, security=first["security"], securities=tuple(dict.fromkeys(group["security"])),
                title=first["title"], url=first["url"],
            )  # fmt: skip
        return
    page = store.page(Filter(start=_day(since), keyword=rule.keyword, tags=rule.tags), 0, MOST_PER_RULE, count=False)
    for row in page.rows.to_dict("records"):
        if pd.Timestamp(row["published_at"]) >= pd.Timestamp(since):
            yield _alert(rule, now, str(row["article"]), article=row["article"], title=row["title"], url=row["url"])


def _unusual(store: Store, universe: Universe, clock: SessionClock, rule: Rule, since: datetime, now: datetime) -> Iterable[Alert]:
    """Standard score of a count against the mean of the sessions before, with the spread of a Poisson count of that mean (at least 1)."""
    for security in _securities(store, rule):
        days = clock.sessions(market_of(security), _day(since) - timedelta(days=150), _day(now) + timedelta(days=14))
        rows = store.rows(Filter(securities=(security,), start=pd.Timestamp(days[0]).date(), min_relevance=rule.min_relevance))
        if not len(rows) or not len(days):
            continue
        counts = rows.drop_duplicates(["session", "article"])["session"].value_counts()
        series = pd.Series(0.0, index=pd.DatetimeIndex(days)).add(counts, fill_value=0.0).sort_index()
        usual = series.shift(1).rolling(USUAL_SESSIONS, min_periods=20).mean()
        score = (series - usual) / usual.clip(lower=1.0) ** 0.5
        for session in series.index[::-1]:
            if session.date() < _day(since) or series[session] < LEAST_ARTICLES or not score[session] >= rule.limit:
                continue
            day = f"{session:%Y-%m-%d}"
            yield _alert(
                rule, now, f"{security}|{day}", security=security, session=day, count=int(series[session]), usual=round(float(usual[session]), 4)
            )


def _moves(store: Store, universe: Universe, clock: SessionClock, rule: Rule, since: datetime, now: datetime) -> Iterable[Alert]:
    wanted = _securities(store, rule)
    if not wanted:
        return
    events = events_of(store, Filter(securities=wanted, start=_day(since), min_relevance=rule.min_relevance), universe, clock)
    if not len(events):
        return
    # A bar fetched before the close is not yet what the day did.
    settled = events.loc[~(events["unsettled"] | events["no_bar"])].sort_values("relevance", ascending=False, kind="stable")
    for (security, session), group in settled.groupby(["security", "session"], sort=False):
        first = group.iloc[0]
        change, excess = first["return_0"], first["excess_0"]
        if not abs(excess if math.isfinite(excess) else change) >= rule.limit:
            continue
        day = f"{pd.Timestamp(session):%Y-%m-%d}"
        yield _alert(
            rule, now, f"{security}|{day}", security=security, session=day, article=first["article"], title=first["title"], url=first["url"],
            change=_fraction(change), excess=_fraction(excess),
        )  # fmt: skip


def _fraction(value: float) -> float | None:
    """As JSON carries it: None where it is not known."""
    return round(float(value), 6) if math.isfinite(value) else None


def _alert(rule: Rule, now: datetime, subject: str, **facts: Any) -> Alert:
    key = hashlib.blake2b(f"{rule.name}\0{rule.kind}\0{subject}".encode("utf-8", "replace"), digest_size=16).hexdigest()
    texts = {name: str(facts.pop(name, "") or "")[:500] for name in ("security", "session", "article", "title", "url")}
    return Alert(key, rule.name, rule.kind, now.isoformat(timespec="seconds"), channels=rule.channels, **texts, **facts)


def alert_of(payload: Any) -> Alert | None:
    """An inbox entry as an alert; None when another version wrote it in a way this one cannot read."""
    if not isinstance(payload, dict) or not isinstance(payload.get("key"), str):
        return None
    known = {field.name for field in fields(Alert)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in payload.items() if name in known}
    try:
        return Alert(**values)
    except TypeError:
        return None


def rules_as_rows(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """For tables and JSON; holds no secret, since rules hold none."""
    return [asdict(rule) for rule in rules]
