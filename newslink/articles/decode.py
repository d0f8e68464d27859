"""Bytes of unknown encoding → text: UTF-8 (with or without BOM), UTF-16 with BOM, GB18030. Everything else is refused with its reason."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from newslink.errors import ArticleError

_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_CHINESE = re.compile(r"[\u2010-\u203f\u2460-\u24ff\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u00b7\u00d7\u00b0]")


def decode(raw: bytes, locator: str = "", line: int | None = None) -> str:
    """The text of raw, NUL characters dropped. line is where raw begins in its file.

    Raises ArticleError, with the line, for binary data and for bytes that no encoding served here explains.
    """
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16").replace("\0", "")
        except UnicodeDecodeError as error:
            raise ArticleError(locator, f"not valid UTF-16 at byte {error.start}, though it starts with its mark", line) from None
    if b"\0" in raw:
        if raw.count(b"\0") * 100 > len(raw):
            raise ArticleError(locator, "binary data, not text", line)
        raw = raw.replace(b"\0", b"")
    try:
        return raw[3:].decode() if raw.startswith(BOM_UTF8) else raw.decode()
    except UnicodeDecodeError as error:
        return _decode_gb18030(raw, error, locator, line)


def _decode_gb18030(raw: bytes, error: UnicodeDecodeError, locator: str, line: int | None) -> str:
    at = (line or 1) + raw.count(b"\n", 0, error.start)
    failure = ArticleError(locator, f"byte {error.start} is neither UTF-8 nor GB18030 text", at)
    # Damaged UTF-8 often happens to be valid GB18030, and would come out as other, wrong characters.
    whole, damaged = len(_UTF8_SEQUENCE.findall(raw)), raw.decode(errors="replace").count("\ufffd")
    if whole > 4 * damaged:
        raise ArticleError(locator, f"damaged UTF-8: byte {error.start} (0x{raw[error.start]:02x}) cannot stand there", at)
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        raise failure from None
    foreign = len(_NON_ASCII.findall(text))
    if len(_CHINESE.findall(text)) < 0.9 * foreign:
        raise failure
    return text
