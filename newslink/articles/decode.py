"""Bytes of unknown encoding → text: UTF-8 (with or without BOM), UTF-16 with BOM, GB18030. Everything else is refused with its reason."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from newslink.errors import ArticleError

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([\w.-]{1,40})["'][^>]{0,200}>""")
# What a declaration may say that is checked here → how it is read; GB2312 and GBK are parts of GB18030.
_CHECKED = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
}
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


def mended_xml(raw: bytes) -> bytes:
    """XML whose bytes do not fit the encoding it declares → the same in UTF-8, with U+FFFD for each broken place. All other XML as it is.

    A parser that meets one broken byte tries other encodings instead, and gives the whole document in wrong characters.
    """
    declared = _DECLARED.match(raw, 3 if raw.startswith(BOM_UTF8) else 0)
    encoding = _CHECKED.get(declared[1].decode("ascii", "replace").lower() if declared else "utf-8")
    if encoding is None or raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return raw
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        try:
            text = decode(raw)  # it is written in another encoding than it says
        except ArticleError:
            text = raw.decode(encoding, errors="replace")
        return _DECLARED.sub(b"", text.encode(), count=1)
    return raw
