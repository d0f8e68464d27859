"""``newslink evaluate``: what people said about links → precision and recall, rule by rule."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from newslink.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="URL", help="SQLAlchemy URL of the store (default: NEWSLINK_STORE)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.epilog = (
        "Judgements come from `newslink correct confirm|link|unlink|mute`, from the screen and from imported files. "
        "The intervals are Wilson's, 95 %. Without links confirmed at random the shares are rather too low."
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from newslink.pipeline.evaluate import NONE, described, evaluate

    found = evaluate(settings, arguments.store)
    if arguments.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
        return 0
    print(f"{'rule':<20} {'links':>10} {'right':>6} {'wrong':>6}  {'precision':<24} {'at most':>8}  share of right")
    for one in found.rules:
        at_most = "" if one.at_most is None else f"{one.at_most:.3f}"
        print(
            f"{one.rule:<20} {one.links:>10,} {one.right:>6} {one.wrong:>6}  {_share(one.precision):<24} {at_most:>8}  "
            f"{_share(one.share_of_right)}"
        )
    if found.missing:
        print(f"{NONE:<20} {'':>10} {found.missing:>6} missing, of those {found.candidates} found with too little confidence")
    print(f"\nprecision among the judged {_share(found.precision)}, recall {_share(found.recall)}")
    if found.settled:
        print(f"{found.settled} refused links are not made any more and count nowhere")
    print(found.words)
    used = [one.rule for one in found.rules if one.right + one.wrong]
    for rule in used:
        print(f"  {rule}: {described(rule)}")
    return 0


def _share(one) -> str:
    return "–" if one.value is None else f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"
