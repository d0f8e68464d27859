"""A researcher's files or a filtered set of the store → an event study: tables and spec into a directory, sentences on screen."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from newslink.errors import SettingsError, StudyError
from newslink.settings import Settings
from newslink.study import StudyResult, StudySpec
from newslink.study.spec import MODELS, RETURNS
from newslink.study.words import verdict


def span(text: str) -> tuple[int, int]:
    """``-130:-11`` → (−130, −11); a single number is a window of one session."""
    first, _, last = text.partition(":")
    try:
        return int(first), int(last or first)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no window: expected two whole numbers such as -130:-11") from None


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """``0:0,-1:1`` → ((0, 0), (−1, 1))."""
    return tuple(span(part) for part in text.split(",") if part.strip())


def add(parser: argparse.ArgumentParser) -> None:
    default = StudySpec()
    files = parser.add_argument_group("from files")
    files.add_argument("--prices", type=Path, metavar="WIDE.csv", help="Date and one column of prices a security")
    files.add_argument("--market", type=Path, metavar="LEVEL.csv", help="Date and the level of the benchmark")
    files.add_argument("--events", type=Path, metavar="EVENTS.csv", help="ticker, event_date (session); optional event_id, group, flags")
    store = parser.add_argument_group("from the store")
    store.add_argument("--security", action="append", default=[], help="a security; may be given more than once")
    store.add_argument("--watchlist", type=Path, metavar="FILE", help="securities, one a line")
    store.add_argument("--tag", action="append", default=[], help="an event tag such as 减持; may be given more than once")
    store.add_argument("--keyword", default="", help="words to search for in the articles")
    store.add_argument("--source", action="append", default=[], help="a publisher; may be given more than once")
    store.add_argument("--start", type=date.fromisoformat, help="first day, inclusive (YYYY-MM-DD)")
    store.add_argument("--end", type=date.fromisoformat, help="last day, inclusive (YYYY-MM-DD)")
    roles = ("subject", "mention", "source", "list")
    store.add_argument("--role", action="append", default=[], choices=roles, help="what the company does in the article")
    store.add_argument("--min-relevance", type=float, default=0.0, metavar="R", help="only links at least this relevant, 0 to 1")
    store.add_argument("--benchmark", metavar="ID", help="index to hold returns against (default: the market's own)")
    store.add_argument("--group-by", choices=("security", "tag"), help="statistics for each security or tag")
    store.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    spec = parser.add_argument_group("the study; write windows with = since they begin with a minus")
    spec.add_argument("--model", choices=MODELS, default=default.model, help="normal return (default: %(default)s)")
    spec.add_argument("--returns", choices=RETURNS, default=default.returns, help="default: %(default)s")
    spec.add_argument("--estimation", type=span, default=default.estimation, metavar="A:B", help="estimation window (default: -130:-11)")
    spec.add_argument("--window", type=span, default=default.window, metavar="A:B", help="event window (default: -10:10)")
    spec.add_argument("--cars", type=spans, metavar="A:B,...", help="CAR windows (default: 0:0,0:1,-1:1,-5:5,1:10 as far as they fit)")
    spec.add_argument("--minimum", type=int, metavar="N", help="returns needed in the estimation window (default: half of it)")
    spec.add_argument("--max-missing", type=int, metavar="N", help="sessions of the event window that may lack a return (default: a fifth)")
    spec.add_argument("--max-loss", type=float, default=default.max_loss, metavar="SHARE", help="refuse beyond this (default: %(default)s)")
    spec.add_argument("--mask-own-events", action="store_true", help="leave other events of the security out of its estimation window")
    for name, words in (("overlaps", "events inside the previous window of their security"), ("intraday", "events published while trading"),
                        ("date-only", "events without a time of day"), ("limit-locked", "events that closed at their limit")):  # fmt: skip
        spec.add_argument(f"--{name}", choices=("keep", "drop"), default="keep", help=f"{words} (default: keep, flagged)")
    parser.add_argument("--run", default="study", metavar="NAME", help="name in the run column of every table (default: %(default)s)")
    parser.add_argument("--language", choices=("zh", "en"), default="zh", help="language of the sentences (default: %(default)s)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="directory for the tables (CSV) and spec.json")
    parser.add_argument("--report", action="store_true", help="write report.html (with pictures) and study.xlsx into the directory as well")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 when every group could be computed; a refused study writes what it may and raises StudyError."""
    spec = spec_of(arguments)
    files = (arguments.prices, arguments.market, arguments.events)
    if arguments.report and not arguments.output:
        raise SettingsError("--report", "", "--output DIR beside it")
    if any(files) and not all(files):
        raise SettingsError("study", " ".join(str(path) for path in files if path), "--prices, --market and --events together")
    if all(files):
        from newslink.pipeline.study_input import read_events, read_panel
        from newslink.study import run_study

        panel = read_panel(arguments.prices, arguments.market, spec.returns)
        result = run_study(panel, read_events(arguments.events), spec, strict=False)
        source = {"prices": arguments.prices.name, "market": arguments.market.name, "events": arguments.events.name}
    else:
        result, source = _from_store(arguments, settings, spec)
    if arguments.output:
        from newslink.pipeline.study_files import write_study

        written = write_study(result, arguments.output, arguments.run, source)
        if arguments.report:
            written += _write_report(result, arguments, source)
        print(f"newslink: wrote {', '.join(path.name for path in written)} into {arguments.output}", file=sys.stderr)
    given, kept = len(result.events), len(result.kept)
    print(f"newslink: {given} events = {kept} studied + {given - kept} left out", file=sys.stderr)
    _say(result, arguments.language)
    if result.refused or not kept:
        raise StudyError(
            f"{given - kept} of {given} events cannot take part, beyond --max-loss {spec.max_loss:.0%}: nothing is said across events. "
            "excluded.csv names each with its reason."
        )
    return 0


def spec_of(arguments: argparse.Namespace) -> StudySpec:
    """The words of the call → spec. Without --cars the usual windows that fit the event window."""
    first, last = arguments.window
    usual = tuple((start, end) for start, end in StudySpec().cars if first <= start and end <= last)
    return StudySpec(
        model=arguments.model, returns=arguments.returns, estimation=arguments.estimation, window=arguments.window,
        cars=usual if arguments.cars is None else arguments.cars, minimum=arguments.minimum, max_missing=arguments.max_missing,
        max_loss=arguments.max_loss, mask_own_events=arguments.mask_own_events, overlaps=arguments.overlaps, intraday=arguments.intraday,
        date_only=arguments.date_only, limit_locked=arguments.limit_locked,
    )  # fmt: skip


def _from_store(arguments: argparse.Namespace, settings: Settings, spec: StudySpec) -> tuple[StudyResult, dict]:
    wanted = list(arguments.security)
    if arguments.watchlist:
        try:
            lines = arguments.watchlist.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError("--watchlist", arguments.watchlist, f"a readable text file ({error})") from None
        wanted += [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    if not (wanted or arguments.tag or arguments.keyword or arguments.source or arguments.start or arguments.end):
        raise SettingsError("study", "", "--prices, --market and --events, or a filter such as --security, --tag or --keyword")
    from newslink.model import Filter, Role
    from newslink.pipeline.linking import universe_of
    from newslink.pipeline.resolve import security_for
    from newslink.pipeline.study import study_of
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        universe = universe_of(store)
        filter = Filter(
            securities=tuple(dict.fromkeys(security_for(universe, text) for text in wanted)), start=arguments.start, end=arguments.end,
            keyword=arguments.keyword, sources=tuple(arguments.source), tags=tuple(arguments.tag),
            roles=tuple(Role(role) for role in arguments.role), min_relevance=arguments.min_relevance,
        )  # fmt: skip
        found = study_of(store, filter, spec, universe, benchmark=arguments.benchmark, group_by=arguments.group_by, strict=False)
    print(f"newslink: {found.rows} links, {found.timeless} without a time, against {found.benchmark}", file=sys.stderr)
    source = {
        "securities": list(filter.securities), "start": str(filter.start or ""), "end": str(filter.end or ""), "keyword": filter.keyword,
        "tags": list(filter.tags), "sources": list(filter.sources), "roles": list(map(str, filter.roles)),
        "min_relevance": filter.min_relevance, "benchmark": found.benchmark, "calendar": found.calendar, "links": found.rows,
        "timeless": found.timeless,
    }  # fmt: skip
    return found.result, source


def _write_report(result: StudyResult, arguments: argparse.Namespace, source: dict) -> list[Path]:
    from datetime import UTC, datetime

    from newslink.export import About
    from newslink.pipeline.study_files import put
    from newslink.pipeline.study_report import study_excel, study_html

    title = {"zh": "事件研究", "en": "Event study"}[arguments.language]
    filters = tuple((name, str(value)) for name, value in source.items() if value)
    about = About(f"{title}: {arguments.run}", datetime.now(UTC), filters=filters, language=arguments.language)
    page, book = arguments.output / "report.html", arguments.output / "study.xlsx"
    put(page, study_html(result, about))
    put(book, study_excel(result, about, arguments.run))
    return [page, book]


def _say(result: StudyResult, language: str) -> None:
    for group in dict.fromkeys(result.events.group.tolist()):
        said = verdict(result, group, language)
        print(f"[{group}]")
        for sentence in (said.tested, *said.says, *said.limits):
            if sentence:
                print(f"  {sentence}")
        for at, (start, end) in enumerate(result.spec.cars):
            if group in result.spans and not result.refused:
                found = {name: values[at] for name, values in result.spans[group].items()}
                label = f"CAAR[{start},{end}]"
                print(
                    f"  {label:14s} n={found['n']:<5d} {found['mean']:+9.4%}  KP p={found['p_kp']:.4f}  BMP p={found['p_bmp']:.4f}  "
                    f"rank p={found['p_rank']:.4f}  gsign p={found['p_gsign']:.4f}"
                )
