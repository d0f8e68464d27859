"""The borders of docs/architecture.md, read from the imports of the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEVEL_0 = {"model", "making", "frames", "errors", "settings"}
LEVEL_1 = {"articles", "link", "sessions", "prices", "events", "study", "store", "chart", "export"}
LEVEL_2 = {"pipeline", "batch"}
LEVEL_3 = {"ui", "commands", "cli", "api", "python_api", "__main__"}

# third-party package → the places that may import it (prefixes of paths below the root)
OWNERS = {
    "akshare": ("newslink/prices/", "newslink/articles/live"),
    "streamlit": ("newslink/ui/", "pages/", "dashboard.py"),
    "plotly": ("newslink/chart/",),
    "sqlalchemy": ("newslink/store/",),
    "exchange_calendars": ("newslink/sessions/",),
    "adata": ("newslink/link/",),
    "dask": ("newslink/batch.py",),
    "distributed": ("newslink/batch.py",),
    "fastapi": ("newslink/api/",),
}


def sources() -> list[Path]:
    return sorted([*ROOT.glob("newslink/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "dashboard.py"])


def imports(path: Path) -> list[tuple[str, bool]]:
    """(dotted module, at module level?) of every import in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            if node.module == "newslink":
                found += [(f"newslink.{alias.name}", id(node) in top) for alias in node.names]
            else:
                found.append((node.module or "", id(node) in top))
    return found


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "newslink" and len(parts) > 1 else parts[0]


@pytest.mark.parametrize("path", [p for p in sources() if p.exists()], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward_only(path: Path) -> None:
    here = room(path)
    for module, _ in imports(path):
        if not module.startswith("newslink."):
            continue
        there = module.split(".")[1]
        if there == here or there.startswith("__"):
            continue
        if here in LEVEL_0 or here in LEVEL_1:
            allowed = LEVEL_0
        elif here in LEVEL_2:
            allowed = LEVEL_0 | LEVEL_1 | LEVEL_2 | {"sample"}
        elif here == "sample":
            allowed = LEVEL_0
        else:
            allowed = LEVEL_0 | LEVEL_1 | LEVEL_2 | LEVEL_3 | {"sample"}
            if here != "ui" and here not in {"pages", "dashboard"}:
                allowed -= {"ui"}
        assert there in allowed, f"{path.relative_to(ROOT)} imports newslink.{there}, which is not below it"


@pytest.mark.parametrize("path", [p for p in sources() if p.exists()], ids=lambda p: str(p.relative_to(ROOT)))
def test_third_party_packages_stay_in_their_rooms(path: Path) -> None:
    relative = str(path.relative_to(ROOT))
    for module, at_top in imports(path):
        package = module.split(".")[0]
        if package in OWNERS:
            assert relative.startswith(OWNERS[package]), f"{relative} imports {package}"
        if package == "akshare":
            assert not at_top, f"{relative} imports akshare at module level; it must be lazy"


def test_every_source_file_belongs_to_a_level() -> None:
    known = LEVEL_0 | LEVEL_1 | LEVEL_2 | LEVEL_3 | {"sample", "__init__", "pages", "dashboard"}
    assert {room(path) for path in sources() if path.exists()} <= known


def test_no_two_files_import_each_other_even_by_a_detour() -> None:
    """Imports inside functions and for type checks count: who reads one file of a circle must read all of it."""
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in sources()}
    reaches = {name: {module for module, _ in imports(path)} & set(known) - {name} for name, path in known.items()}
    # The front of a room names what it holds, and what it holds may name the front's neighbours: only files count.
    files = {name for name, path in known.items() if path.name != "__init__.py"}
    left = {name: reaches[name] & files for name in files}
    while free := {name for name, below in left.items() if not below & left.keys()}:
        left = {name: below for name, below in left.items() if name not in free}
    assert not left, f"these files import each other in a circle: {sorted(left)}"
