"""Pinned packages → known vulnerabilities. `make check` runs it; exit code 1 on a finding or an unpinned line.

pip-audit asks an advisory database over the network. Where that cannot be reached the script says so: no answer is not a clean answer.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[0-9][A-Za-z0-9.]*\Z")


def unpinned(path: Path) -> list[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r ") and not PINNED.match(line)]


def main() -> int:
    bad = [f"{path.name}: {line}" for path in sorted(ROOT.glob("requirements*.txt")) for line in unpinned(path)]
    print("\n".join(f"not pinned: {line}" for line in bad) or "every requirement is pinned")
    consistent = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    print(consistent.stdout.strip())
    audit = subprocess.run(
        [sys.executable, "-m", "pip_audit", "-r", str(ROOT / "requirements.txt"), "--no-deps", "--disable-pip", "--format", "json"],
        capture_output=True, text=True, timeout=300,
    )
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        print("the advisory database could not be reached: vulnerabilities NOT audited")
        return 1 if bad or consistent.returncode else 0
    found = [f"{p['name']} {p['version']}: {v['id']}" for p in packages for v in p.get("vulns", [])]
    skipped = [p["name"] for p in packages if "skip_reason" in p]
    print("\n".join(found) or "no known vulnerability in what was audited")
    if skipped:
        print(f"NOT audited (no advisory data reachable): {len(skipped)} of {len(packages)} packages")
    return 1 if bad or consistent.returncode or found else 0


if __name__ == "__main__":
    sys.exit(main())
