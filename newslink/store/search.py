"""What a person types into the search box → a tree → the index's own language. The language:

    减持                   articles holding the word, in title or body; Chinese words of any length, also inside longer ones
    减持 公告               both (AND may be written)
    减持 OR 增持            either; | means the same, AND binds closer than OR
    减持 NOT 澄清           the first without the second; -澄清 means the same
    "拟减持 不超过"          a phrase: the words next to each other, punctuation ignored
    (减持 OR 增持) 股东      parentheses
    CATL, 600519, 3.5      whole words and numbers, in any case; CAT* finds words that begin so

AND, OR and NOT are operators only in capitals and outside quotes; the Chinese marks （ ） “ ” ｜ and ideographic spaces do the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newslink.errors import QueryError
from newslink.store.tokens import CJK, tokens_of

LONGEST = 500  # characters of an expression
DEEPEST = 30  # parentheses inside one another
MOST_TERMS = 40


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand next to each other. prefix: the last one only has to begin so."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class And:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """keep without drop."""

    keep: Node
    drop: Node


Node = Phrase | And | Or | Not

_LEXEME = re.compile(r'\s*(?:(["“”「」])|([()（）|｜])|((?:[^\s"“”「」()（）|｜])+))')
_CLOSING = {'"': '"', "“": "”", "”": "”", "「": "」", "」": "」"}
_ENDS_IN_CJK = re.compile(rf"[{CJK}]\W*\Z")
_STARTS_WITH_CJK = re.compile(rf"\W*[{CJK}]")


def parse_query(text: str) -> Node:
    """Raises QueryError saying what was not understood and what to type instead."""
    if len(text) > LONGEST:
        raise QueryError(f"The search is {len(text)} characters long; expected at most {LONGEST}.", "search_long")
    parser = _Parser(_lexemes(text))
    node = parser.either(0)
    if parser.peek() is not None:
        raise QueryError(f"There is a closing parenthesis too many in {text!r}.", "search_closing")
    return node


def phrases_of(node: Node) -> list[Phrase]:
    """The phrases that make an article match (those behind NOT do not), for highlighting."""
    if isinstance(node, Phrase):
        return [node]
    if isinstance(node, Not):
        return phrases_of(node.keep)
    return [phrase for item in node.items for phrase in phrases_of(item)]


def phrase_of(text: str, prefix: bool = False) -> Phrase:
    """One phrase. Its last Chinese run may go on in the article, so the token that would end it is left out."""
    tokens = tokens_of(text)
    if not tokens:
        raise QueryError(f"{text!r} holds no letter, digit or Chinese character to search for.", "search_nothing")
    if _ENDS_IN_CJK.search(text):
        if len(tokens) > 1 and len(tokens[-2]) == 2 and tokens[-2].endswith(tokens[-1]):
            tokens.pop()
        else:
            prefix = True  # one character alone: every pair that begins with it, or it at the end of a run
    return Phrase(tuple(tokens), prefix)


def _lexemes(text: str) -> list[tuple[str, str]]:
    """(kind, text): word, phrase, or one of ( ) |."""
    out: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _LEXEME.match(text, at)
        if found is None:
            break
        quote, mark, word = found.groups()
        at = found.end()
        if quote:
            end = min(
                (i for i in (text.find(c, at) for c in {_CLOSING[quote], '"' if quote == '"' else _CLOSING[quote]}) if i >= 0), default=-1
            )
            if end < 0:
                raise QueryError(f"A quotation mark is not closed: {text[at - 1 :]!r}.", "search_quote")
            starred = text[end + 1 : end + 2] == "*"
            out.append(("phrase*" if starred else "phrase", text[at:end]))
            at = end + 1 + starred
        elif mark:
            out.append(({"（": "(", "）": ")", "｜": "|"}.get(mark, mark), mark))
        elif word in ("AND", "OR", "NOT"):
            out.append(({"OR": "|"}.get(word, word), word))
        elif word[0] in "-－" and len(word) > 1:
            out += [("NOT", word[0]), ("word", word[1:])]
        elif word in ("-", "－") and text[at : at + 1] in ('"', "“", "「", "(", "（"):
            out.append(("NOT", word))
        else:
            out.append(("word", word))
    return out


class _Parser:
    def __init__(self, lexemes: list[tuple[str, str]]) -> None:
        self.lexemes, self.at, self.terms = lexemes, 0, 0

    def peek(self) -> str | None:
        return self.lexemes[self.at][0] if self.at < len(self.lexemes) else None

    def either(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise QueryError(f"Parentheses are nested more than {DEEPEST} deep.", "search_deep")
        items = [self.both(depth)]
        while self.peek() == "|":
            self.at += 1
            items.append(self.both(depth))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def both(self, depth: int) -> Node:
        keep: list[Node] = []
        drop: list[Node] = []
        while (kind := self.peek()) not in (None, "|", ")"):
            if kind == "AND":
                if not (keep or drop) or self.lexemes[self.at + 1 : self.at + 2] in ([], [("AND", "AND")], [("|", "OR")], [(")", ")")]):
                    raise QueryError("AND stands between two words; one is missing.", "search_and")
                self.at += 1
            elif kind == "NOT":
                self.at += 1
                drop.append(self.one(depth, "NOT"))
            else:
                keep.append(self.one(depth, ""))
        if not keep:
            if drop:
                raise QueryError("NOT needs something to take away from: write 减持 NOT 澄清.", "search_not")
            raise QueryError('A word is missing: expected something like 减持, "拟减持" or 减持 OR 增持.', "search_word")
        node = keep[0] if len(keep) == 1 else And(tuple(keep))
        return Not(node, drop[0] if len(drop) == 1 else Or(tuple(drop))) if drop else node

    def one(self, depth: int, after: str) -> Node:
        kind = self.peek()
        if kind is None or kind not in ("word", "phrase", "phrase*", "("):
            raise QueryError(f"A word is missing behind {after}." if after else "A word is missing.", "search_word")
        _, text = self.lexemes[self.at]
        self.at += 1
        if kind == "(":
            node = self.either(depth + 1)
            if self.peek() != ")":
                raise QueryError("A parenthesis is not closed.", "search_open")
            self.at += 1
            return node
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise QueryError(f"More than {MOST_TERMS} words; search for fewer.", "search_many")
        starred = kind == "phrase*" or (kind == "word" and text.endswith("*"))
        return phrase_of(text.rstrip("*") if kind == "word" else text, starred)


def fts5_of(node: Node) -> str:
    """The expression in FTS5's language. Tokens hold only letters, digits and points, so quoting them is enough."""
    if isinstance(node, Phrase):
        return f'"{" ".join(node.tokens)}"' + (" *" if node.prefix else "")
    if isinstance(node, Not):
        return f"({fts5_of(node.keep)} NOT {fts5_of(node.drop)})"
    return "(" + (" AND " if isinstance(node, And) else " OR ").join(map(fts5_of, node.items)) + ")"


def tsquery_of(node: Node, weight: str = "", adjacent: bool = True) -> str:
    """The expression in PostgreSQL's language. weight: only tokens so marked; adjacent False: the tokens of a phrase anywhere."""
    if isinstance(node, Phrase):
        marks = [f":{weight}" if weight else ""] * len(node.tokens)
        if node.prefix:
            marks[-1] = f":*{weight}"
        return "(" + (" <-> " if adjacent else " & ").join(f"'{token}'{mark}" for token, mark in zip(node.tokens, marks, strict=True)) + ")"
    if isinstance(node, Not):
        keep = tsquery_of(node.keep, weight, adjacent)
        # Without adjacency a query asks for more than it should, which behind NOT would take away too much.
        return f"({keep} & !{tsquery_of(node.drop, weight)})" if adjacent else keep
    return "(" + (" & " if isinstance(node, And) else " | ").join(tsquery_of(item, weight, adjacent) for item in node.items) + ")"


def like_of(node: Node, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """The expression as SQL over columns of tokens with a space before and after each."""
    if isinstance(node, Phrase):
        pattern = f"% {' '.join(node.tokens)}{'' if node.prefix else ' '}%"
        return "(" + " OR ".join(f"{column} LIKE ?" for column in columns) + ")", [pattern] * len(columns)
    if isinstance(node, Not):
        keep, wanted = like_of(node.keep, columns)
        drop, unwanted = like_of(node.drop, columns)
        return f"({keep} AND NOT {drop})", wanted + unwanted
    parts = [like_of(item, columns) for item in node.items]
    joined = (" AND " if isinstance(node, And) else " OR ").join(sql for sql, _ in parts)
    return f"({joined})", [parameter for _, some in parts for parameter in some]
