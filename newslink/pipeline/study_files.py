"""Every table of a study → files of a directory, each whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd

from newslink.export.cells import guarded, text_array
from newslink.study import StudyResult
from newslink.study.tables import TABLES

# What a refused study still writes: facts about single events. What it says across events is withheld.
_EVEN_IF_REFUSED = ("ar", "car", "fit", "excluded")


def write_study(result: StudyResult, directory: Path, run: str, source: dict | None = None) -> list[Path]:
    """ar, car, aar, caar, fit, tests, events, excluded.csv and spec.json in the directory; each appears whole or not at all.

    A refused study writes the facts about single events and what was left out, and takes away what an earlier run said across events.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in TABLES.items():
        path = directory / f"{name}.csv"
        if result.refused and name not in _EVEN_IF_REFUSED:
            path.unlink(missing_ok=True)
            continue
        put(path, _guarded(table(result, run)).to_csv(index=False, lineterminator="\n"))
        written.append(path)
    names, counts = np.unique(result.reason[result.reason != ""].astype(str), return_counts=True)
    about = {
        "run": run, "spec": result.spec.as_dict(), "source": source or {}, "refused": result.refused,
        "events": {
            "given": len(result.events), "kept": len(result.kept),
            "excluded": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        },
        "panel": {
            "securities": len(result.panel.names), "sessions": len(result.panel.dates),
            "first": str(result.panel.dates[0]) if len(result.panel.dates) else None,
            "last": str(result.panel.dates[-1]) if len(result.panel.dates) else None,
        },
    }  # fmt: skip
    path = directory / "spec.json"
    put(path, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    return [*written, path]


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    """No name is a formula to a spreadsheet; ids such as 001 stay as they are, for other programs find their events by them."""
    names = [name for name in ("run", "event_id", "group", "ticker") if name in table and any(isinstance(value, str) for value in table[name])]
    return table.assign(**{name: guarded(text_array(table[name].astype(str)), rewritten=False).to_pylist() for name in names})


def put(path: Path, content: str | bytes) -> None:
    """The file appears whole or stays as it was."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    os.replace(part, path)  # noqa: PTH105
