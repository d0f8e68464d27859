"""How often a host may be asked, and when it is left alone: a pause between calls with jitter, and a breaker that outlives the process."""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from newslink.prices.base import Outcome

# Seconds between two calls at one host. Eastmoney bans by address on modest volume; Tencent answers bursts with empty bodies.
PAUSES = {"push2his.eastmoney.com": 3.0, "sina.com.cn": 1.0, "qq.com": 0.4}
# Failures that speak of the host and not of the security asked about.
AGAINST_HOST = {Outcome.TRANSPORT, Outcome.TIMEOUT, Outcome.BLOCKED}
REST_SECONDS = 60.0
LONGEST_REST = 6 * 3600.0
PATIENCE = 2  # failures in a row before the first rest


class Throttle:
    """pauses: host → seconds; a host without one is not slowed. Thread-safe; clock and sleep are for tests."""

    def __init__(
        self,
        pauses: dict[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = lambda: random.uniform(0.8, 1.5),
    ) -> None:
        self._pauses = PAUSES if pauses is None else pauses
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._free: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, longest: float) -> bool:
        """Sleep until the host may be asked again. False, at once, when that would take longer than longest seconds."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._free.get(host, now))
            if turn - now > longest:
                return False
            self._free[host] = turn + self._pauses.get(host, 0.0) * self._jitter()
        if turn > now:
            self._sleep(turn - now)
        return True


@dataclass
class State:
    """failures in a row, and the wall-clock second until which the host rests."""

    failures: int = 0
    until: float = 0.0


class Breaker:
    """Leaves a failing host alone: after PATIENCE failures in a row for a minute, then twice as long each time, at most six hours.

    path: where the state is kept, so that a new process does not start by knocking on a closed door; None keeps it in memory.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}
        if path is not None:
            with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
                kept = json.loads(path.read_text(encoding="utf-8"))
                self._states = {str(host): State(int(one["failures"]), float(one["until"])) for host, one in kept.items()}

    def resting(self, host: str) -> float:
        """Seconds the host still rests, 0 when it may be asked."""
        with self._lock:
            left = self._states.get(host, State()).until - self._clock()
        # A clock set back must not silence a host for longer than the longest rest.
        return max(0.0, min(left, LONGEST_REST))

    def note(self, host: str, outcome: Outcome) -> None:
        """Count the outcome of one call. Anything but a failure of the host wakes it up for good."""
        if not host or outcome is Outcome.SKIPPED:
            return
        with self._lock:
            state = self._states.setdefault(host, State())
            if outcome in AGAINST_HOST:
                state.failures += 1
                if state.failures >= PATIENCE:
                    state.until = self._clock() + min(REST_SECONDS * 2 ** min(state.failures - PATIENCE, 20), LONGEST_REST)
            elif state.failures or state.until:
                state.failures, state.until = 0, 0.0
            else:
                return
            self._keep()

    def _keep(self) -> None:
        if self._path is None:
            return
        with contextlib.suppress(OSError):  # a breaker that cannot be written is only forgotten
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}")
            fresh.write_text(json.dumps({host: vars(state) for host, state in self._states.items()}), encoding="utf-8")
            fresh.replace(self._path)
