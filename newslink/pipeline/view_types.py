"""What the screen shows, as frozen types: filled by ``view.py``, drawn by ``ui/``, ``pages/`` and nobody else's business.

Times are aware UTC unless a name says otherwise; days are the exchange's own dates; returns are fractions (0.01 = 1 %).

Frames (columns in any order, more are welcome):

bars     daily bars (``frames.BAR_COLUMNS``), adjusted as asked, from about 250 sessions before the window (moving averages need
         a run-up) to its end
events   one row a link, ascending by published_at: article, security, session, bucket, published_at, title, source, url,
         category, tags (tuple),
         role, relevance, confidence, rule, surface, cluster, copies, date_only, provisional, suspended, no_bar,
         return_0 … return_5, excess_0 … excess_5
news     one row an article or cluster head, newest first: article, published_at, precision, title, source, category, tags
         (tuple),
         securities (tuple of (id, name, role)), copies (0: none beside it), update (tells an earlier story with other numbers), url
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import pandas as pd

from newslink.model import Article, Bucket, Link, Security

# A part of many views at once: whoever keeps views counts it by itself.
SHARED = {"shared": True}


@dataclass(frozen=True, slots=True)
class Staleness:
    """Where the prices come from and how old they are. last_session: the newest bar's. expected_session: the last session
    that has closed.

    problem: short reason of the last failed fetch, empty when it went well. fetching: a fetch is running in the background now.
    """

    provider: str = ""
    fetched_at: datetime | None = None
    last_session: date | None = None
    expected_session: date | None = None
    sample: bool = False
    fetching: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts that reconcile, of items read: received = linked + unlinked + rejected (articles once each).

    Of one security: security_linked = on_chart + outside_window + filtered_out (articles once each; no time at all counts
    as outside).
    """

    received: int = 0
    linked: int = 0
    unlinked: int = 0
    rejected: int = 0
    security_linked: int = 0
    on_chart: int = 0
    outside_window: int = 0
    filtered_out: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest bar in raw prices: last close, the reference close before it, the day's return, turnover."""

    session: date
    close: float
    prev_close: float
    open: float
    high: float
    low: float
    volume: float
    amount: float
    currency: str
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Facets:
    """What the filters can offer: (value, number of articles), most frequent first, under the current security or all."""

    sources: tuple[tuple[str, int], ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    tags: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ChartView:
    """Page K 线与新闻. name: what the security is called today. first_day, last_day: the window really shown, inclusive.

    benchmark: daily bars of the market's index over the same days, empty when there are none. history: first and last
    session known at all.

    whole: the events of the window before the filter, frame as ``events``; rows: which of them (positions, ascending) the filter leaves.
    """

    security: Security
    name: str
    bars: pd.DataFrame = field(metadata=SHARED)
    whole: pd.DataFrame = field(metadata=SHARED)
    rows: np.ndarray
    counts: Counts
    staleness: Staleness
    first_day: date
    last_day: date
    quote: Quote | None = None
    benchmark: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=SHARED)
    benchmark_name: str = ""
    history: tuple[date, date] | None = None
    facets: Facets = field(default=Facets(), metadata=SHARED)

    @property
    def events(self) -> pd.DataFrame:
        """The events that the filter leaves, put together each time."""
        return self.columns(*self.whole.columns)

    def columns(self, *names: str) -> pd.DataFrame:
        """Some columns of them, at a share of the cost."""
        if len(self.rows) == len(self.whole):
            return self.whole[list(names)]
        return pd.DataFrame({name: self.whole[name].array.take(self.rows) for name in names}, copy=False)


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link of an article with where it stands and what the price did. muted: a person said the link is wrong."""

    link: Link
    name: str
    session: date | None = None
    bucket: Bucket | None = None
    date_only: bool = False
    provisional: bool = False
    suspended: bool = False
    muted: bool = False
    confirmed: bool = False
    returns: tuple[float, ...] = ()
    excess: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Another report, as it is named beside the one that is read."""

    article: str
    title: str
    source: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class ArticleView:
    """The reader. links: best first, candidates (confidence below 0.5) last. copies: the other articles of the cluster. earlier: whose story
    it, or a copy of it, tells with other numbers; later: what does so with its own; both oldest first.
    """

    article: Article
    links: tuple[LinkView, ...] = ()
    tags: tuple[str, ...] = ()
    copies: tuple[Told, ...] = ()
    earlier: tuple[Told, ...] = ()
    later: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class NewsView:
    """Page 新闻. total: matching articles (or clusters when folded). problem: why the search could not be understood; problem_code: the case."""

    news: pd.DataFrame
    total: int
    facets: Facets = Facets()
    counts: Counts = Counts()
    problem: str = ""
    problem_code: str = ""


@dataclass(frozen=True, slots=True)
class MarketView:
    """Page 市场, over first_day … last_day inclusive.

    mentioned: security, name, industry and board (codes of ``pipeline.industries``, '' no industry known), articles, usual (what the 90 days
    before make of so many sessions), surprise (standard scores), change (return over the window, NaN unknown), headline ('' beyond the first
    of each list); most articles first. calendar: day, articles. newest: as ``news``, of all up to last_day.
    """

    first_day: date
    last_day: date
    mentioned: pd.DataFrame
    calendar: pd.DataFrame
    newest: pd.DataFrame
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True)
class ProposedName:
    """A learnt name. first, last: days of its first and last use. rivals: (id, name) of other companies known by it."""

    security: str
    name: str
    text: str
    kind: str
    first: date
    last: date
    still_used: bool
    count: int
    articles: int
    headlines: tuple[str, ...] = ()
    rivals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DataView:
    """Page 数据. sources: source, articles, newest. rejected: locator, line, reason, first_seen. unlinked: as ``news``.
    alerts: number, at, rule, kind, alert, security, article, read, delivered (per channel: done, given_up, waiting); newest first, unread: all
    that nobody has read; newest: number of the newest entry, also of one this version cannot read. rules: name, kind, securities, tags,
    keyword, threshold, channels, enabled.
    providers: provider, state (ok, resting, failing, unused), last_ok, last_error, calls. names: learnt names that wait for a person, each
    with the headlines of some articles that use it.
    candidates: article, title, security, name, surface, rule, confidence (links below 0.5, to confirm). corrections: id, when,
    who, kind, article, security, surface, note; newest first.
    facts: (label key of texts, value) of store, home, schema, sizes, versions.
    """

    counts: Counts
    sources: pd.DataFrame
    rejected: pd.DataFrame
    unlinked: pd.DataFrame
    providers: pd.DataFrame
    names: tuple[ProposedName, ...]
    candidates: pd.DataFrame
    corrections: pd.DataFrame
    facts: tuple[tuple[str, str], ...] = ()
    sample: bool = False
    alerts: pd.DataFrame = field(default_factory=pd.DataFrame)
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    unread: int = 0
    newest: int = 0
