"""What went wrong → a sentence in the reader's language, the details kept: errors by code or class, reasons of rejected files, states."""

from __future__ import annotations

import re
from collections.abc import Mapping

from newslink.errors import NewslinkError
from newslink.prices.base import NAMES, WORDS, Outcome, ProviderFailure
from newslink.ui.feeds import feed_name
from newslink.ui.texts import words

# What the readers of articles say of a file → key of texts. What is not listed is shown as it was said.
_REASONS = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"no front matter", "front_matter"),
        (r"front matter opened here is never closed", "front_matter_open"),
        (r"empty file", "empty"),
        (r"neither a title nor text", "no_words"),
        (r"layout .* and no date", "site_page"),
        (r"no column of words", "no_column"),
        (r"unreadable header|not a CSV row", "bad_csv"),
        (r"\d+ values for \d+ columns", "columns"),
        (r"not a JSON object|a JSON object expected", "bad_json"),
        (r".* must be text, found", "not_text"),
        (r"binary data|not valid UTF-16|byte .* is neither|damaged UTF-8|cannot be decoded", "encoding"),
        (r"damaged gzip data", "gzip"),
        (r"larger than \d+ MB|\d+ characters; more than", "too_large"),
        (r"no reader for files ending in", "no_reader"),
        (r"no such file or folder", "no_such_file"),
        (r"not a regular file", "not_a_file"),
        (r"cannot be read", "unreadable"),
        (r"a notice without a title", "no_words"),
    )
)


def problem(error: NewslinkError, language: str) -> str:
    """One paragraph: what happened and what to do, then the message itself where our sentence does not say it all."""
    told = [provider_failed(one, language) for one in getattr(error, "failures", ()) if isinstance(one, ProviderFailure)]
    return coded(error.code, "；".join(told) if told and language == "zh" else str(error), language, [kind.__name__ for kind in type(error).__mro__])


def provider_failed(failure: ProviderFailure, language: str) -> str:
    """``新浪财经 超时，已终止``; in English the message with its detail."""
    return f"{NAMES.get(failure.provider, failure.provider)} {WORDS[failure.outcome][0]}" if language == "zh" else str(failure)


def provider_name(name: str, language: str) -> str:
    """``本地文件`` for files; what is known of the reference beside it stays: ``files+last_close``."""
    first, plus, rest = name.partition("+")
    return (NAMES.get(first) or feed_name(first, "zh") if language == "zh" else feed_name(first, language)) + plus + rest


def attempt(said: str, language: str) -> str:
    """The last failure of a provider as kept, outcome and detail → words, the detail behind them."""
    outcome, _, detail = said.partition(" ")
    if outcome not in set(Outcome):
        return said
    return f"{WORDS[Outcome(outcome)][0 if language == 'zh' else 1]} {detail}".strip()


def coded(code: str, message: str, language: str, classes: list[str] | tuple[str, ...] = ()) -> str:
    """The same for an error of which only code and message are known."""
    known = words(language)
    if said := known.get(f"error_{code}") if code else None:
        return said.replace("{detail}", message)
    general = next((known[f"error_{name}"] for name in classes if f"error_{name}" in known), "")
    return f"{general}{known['error_detail'].replace('{detail}', message)}" if general else message


def reason(said: str, known: Mapping[str, str]) -> str:
    """Why a file was rejected, in the words of a language; what was found behind it stays as it was said."""
    for pattern, key in _REASONS:
        if pattern.match(said):
            return known[f"reason_{key}"].replace("{detail}", said)
    return said
