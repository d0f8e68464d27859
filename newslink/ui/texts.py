"""Every word on screen: ``words(language)[key]``. The texts themselves are in ``texts_zh`` and ``texts_en``."""

from __future__ import annotations

from newslink.ui.texts_en import TAGS
from newslink.ui.texts_en import TEXTS as EN
from newslink.ui.texts_zh import TEXTS as ZH

LANGUAGES = {"zh": ZH, "en": EN}


def words(language: str) -> dict[str, str]:
    """The texts of a language; English for one that is not known."""
    return LANGUAGES.get(language, EN)


def tag_words(language: str) -> dict[str, str]:
    """Event tag → what it is called, where that is not the tag itself."""
    return {} if language == "zh" else TAGS


def language_of(locale: str | None) -> str:
    """The language for a browser's locale: Chinese for zh in any form, English otherwise; Chinese where the browser says nothing."""
    if not locale:
        return "zh"
    return "zh" if locale.lower().startswith("zh") else "en"
