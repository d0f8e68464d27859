"""Work that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from newslink.errors import SettingsError


def doubled(part: int) -> tuple[int, int]:
    return part, part * 2


def process_of(meeting: Path) -> int:
    """Signs in at the meeting place and waits, for twenty seconds at most, until another process has come too."""
    (meeting / str(os.getpid())).touch()
    end = time.monotonic() + 20
    while len(list(meeting.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    return os.getpid()


def fails_at_three(part: int) -> int:
    if part == 3:
        raise SettingsError("x", part, "anything but three")
    return part


class DiesOnce:
    """Kills its own process the first time it meets ``at``; leaves a line for every part begun."""

    def __init__(self, folder: Path, at: int, always: bool = False) -> None:
        self.folder, self.at, self.always = str(folder), at, always

    def __call__(self, part: int) -> tuple[int, int]:
        begun = Path(self.folder) / f"{part}-{time.time_ns()}-{os.getpid()}"
        begun.touch()
        if part == self.at and (self.always or len(list(Path(self.folder).glob(f"{part}-*"))) == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        return part, part * 2


def slow(part: int) -> tuple[int, int]:
    time.sleep(0.3)
    return part, part * 2
