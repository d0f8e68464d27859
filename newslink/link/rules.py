"""The names of the rules a mention can carry. They are stable: stored links, statistics and corrections refer to them."""

from __future__ import annotations

RULES = {
    "name": "a listed name that means nothing else, on a day on which it was the company's name",
    "name_in_context": "a name that may mean something else; the words around it decided",
    "name_code": "a name with its own code behind or before it",
    "code": "a code with its market: 600519.SH, SH600519, 00700.HK, BABA.US, NYSE:NIO",
    "code_said": "a number or ticker that the text calls a stock code",
    "code_in_brackets": "a known code in brackets",
    "cashtag": "a ticker behind a dollar sign: $AAPL",
    "ticker_in_brackets": "capitals in brackets that are a known US ticker",
    "bare_ticker": "free-standing capitals that are a known US ticker, in a text about US shares or funds",
    "annotation": "the publisher's markup names the security at these words",
    "chart": "the publisher shows the security's chart; no words",
    "correction": "a person said so",
}
