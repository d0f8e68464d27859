"""``newslink alerts``: rules, the inbox, and what would be or was delivered. Secrets come from the environment and are never shown."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the rules, one JSON object a line")
    new = actions.add_parser("add", help="add a rule, or put one in the place of the rule of the same name")
    new.add_argument("name")
    new.add_argument("--kind", required=True, help="watchlist, tag, keyword, unusual or move")
    new.add_argument("--securities", default="", help="ids separated by commas (default: the watchlist)")
    new.add_argument("--tags", default="", help="event tags separated by commas")
    new.add_argument("--keyword", default="")
    new.add_argument("--min-relevance", type=float, default=0.3)
    new.add_argument("--threshold", type=float, default=0.0, help="standard scores (unusual) or a return (move)")
    new.add_argument("--to", default="", help="webhook, email, or both separated by a comma; the inbox always")
    gone = actions.add_parser("remove", help="remove a rule")
    gone.add_argument("name")
    inbox = actions.add_parser("inbox", help="the newest alerts, one JSON object a line")
    inbox.add_argument("--limit", type=int, default=50)
    run_now = actions.add_parser("run", help="evaluate the rules and deliver what is due")
    run_now.add_argument("--dry-run", action="store_true", help="only say what would be raised and delivered")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.pipeline.alert_words import worded
    from newslink.pipeline.alerts import Rule, alert_of, evaluate, put_rule, read_rules, remove_rule, rules_as_rows
    from newslink.pipeline.deliver import Channels, deliver, delivery_record
    from newslink.pipeline.linking import universe_of
    from newslink.store import open_store

    with open_store(arguments.store or settings.store_url) as store:
        if arguments.action == "list":
            for row in rules_as_rows(read_rules(store)):
                print(json.dumps(row, ensure_ascii=False))
        elif arguments.action == "add":
            rule = Rule(
                name=arguments.name,
                kind=arguments.kind,
                securities=_words(arguments.securities),
                tags=_words(arguments.tags),
                keyword=arguments.keyword,
                min_relevance=arguments.min_relevance,
                threshold=arguments.threshold,
                channels=_words(arguments.to),
            )
            print(json.dumps(rules_as_rows([put_rule(store, rule)])[0], ensure_ascii=False))
        elif arguments.action == "remove":
            if not remove_rule(store, arguments.name):
                print(f"newslink alerts: no rule is named {arguments.name}")
                return 2
        elif arguments.action == "inbox":
            record = delivery_record(store)
            for item in store.inbox_items(limit=max(1, min(arguments.limit, 10_000))):
                alert = alert_of(item.payload)
                if alert is not None:
                    sent = {channel: record.get(f"{alert.key}/{channel}", {}) for channel in alert.channels}
                    said = {"words": worded(alert, universe_of(store).name_on), "read": item.read, "deliveries": sent}
                    print(json.dumps(asdict(alert) | said, ensure_ascii=False))
        else:
            channels = Channels.from_environment(os.environ)
            for alert in evaluate(store, dry_run=arguments.dry_run):
                print(f"{'would raise' if arguments.dry_run else 'raised'}: {alert.rule}: {worded(alert, universe_of(store).name_on)}")
            for attempt in deliver(store, channels, dry_run=arguments.dry_run):
                outcome = "would send" if arguments.dry_run else "sent" if attempt["done"] else f"not sent ({attempt['error']})"
                print(f"{outcome}: {attempt['channel']}: {attempt['words']}")
    return 0


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
