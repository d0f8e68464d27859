"""What an export says of itself: filters, sources, time and version, in words; the same on every Excel sheet and report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newslink import __version__

LABELS = {
    "zh": {
        "title": "内容", "filter": "筛选", "source": "来源", "note": "说明", "made_at": "导出时间", "version": "newslink 版本",
        "about": "说明", "events": "事件", "column": "列", "meaning": "含义", "rows": "行数", "none": "无",
    },
    "en": {
        "title": "Content", "filter": "Filter", "source": "Source", "note": "Note", "made_at": "Made at", "version": "newslink version",
        "about": "About", "events": "Events", "column": "Column", "meaning": "Meaning", "rows": "Rows", "none": "none",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """title: what is shown. filters: (name, value) pairs as the reader would say them. sources: of articles and prices.

    made_at: aware. notes: what must be known to read the figures (sample data, stale prices, capped rows). language: zh or en.
    """

    title: str
    made_at: datetime
    filters: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: str = "zh"
    version: str = __version__

    @property
    def labels(self) -> dict[str, str]:
        return LABELS.get(self.language, LABELS["zh"])

    def lines(self) -> list[tuple[str, str]]:
        """(label, value) in reading order."""
        words = self.labels
        found = [(words["title"], self.title)]
        found += [(f"{words['filter']}: {name}", value) for name, value in self.filters] or [(words["filter"], words["none"])]
        found += [(words["source"], source) for source in self.sources]
        found += [(words["note"], note) for note in self.notes]
        return [*found, (words["made_at"], self.made_at.isoformat(timespec="seconds")), (words["version"], self.version)]
