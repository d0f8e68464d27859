"""A request for market data → its tables, within a deadline, fetched by a child process that can be killed at any moment.

akshare has no timeouts, evaluates text it was sent and runs an engine for it. So it lives in a child: own process group, an environment of
proxies, certificates and locale only, memory and processor time bounded, answers as JSON of bounded size. One child is kept warm and serves
one request at a time; when a request passes its deadline the group is killed and the next request starts afresh.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from newslink.prices.base import Outcome, ProviderFailure

# What the child may know of our environment: how to reach the network, whom to trust, and how to write text. Nothing else is passed on.
ALLOWED = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT",
)  # fmt: skip
MAX_REPLY = 64 * 1024 * 1024
IDLE_SECONDS = 300.0
MAIN = Path(__file__).with_name("child") / "main.py"


def child_environment(environment: Mapping[str, str], home: str) -> dict[str, str]:
    """The child's whole environment. home: an empty folder, so that no ``.netrc`` of the user's is found."""
    allowed = {name: environment[name] for name in ALLOWED if environment.get(name)}
    return allowed | {
        "HOME": home, "TMPDIR": home, "TZ": "Asia/Shanghai", "TQDM_DISABLE": "1", "PATH": os.defpath,
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip


def unpacked(value: object) -> object:
    """A table of the child's with its packed columns as arrays, what is missing as NaN; other values as they are."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        return value
    columns = [np.frombuffer(base64.b64decode(one["f8"], validate=True), "<f8") if isinstance(one, dict) else one for one in value["data"]]
    return value | {"data": columns}


class Worker:
    """One child at most, one request at a time; thread-safe.

    environment: what to choose the child's from (default: ours, read when it starts).
    command: what to run instead of the real child; tests pass programs that hang, crash or babble.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, command: list[str] | None = None) -> None:
        self._environment = environment
        self._command = command or [sys.executable, "-I", "-B", "-X", "utf8", str(MAIN)]
        self._lock = threading.Lock()
        self._child: subprocess.Popen | None = None
        self._home: tempfile.TemporaryDirectory | None = None
        self._idle: threading.Timer | None = None
        self.started = 0
        atexit.register(self.close)

    def call(self, provider: str, request: str, arguments: dict, seconds: float) -> dict:
        """The tables of one request. seconds: all it may take, starting the child included.

        Raises ProviderFailure: TIMEOUT when it was killed, TRANSPORT when the child died, or what the child found.
        """
        deadline = time.monotonic() + seconds
        if not self._lock.acquire(timeout=max(0.0, seconds)):
            # Not the provider's fault, so nothing that its breaker should count.
            raise ProviderFailure(provider, Outcome.SKIPPED, "another request was still running")
        try:
            if self._idle is not None:
                self._idle.cancel()
            child = self._running()
            asked = {"request": request, "arguments": arguments, "seconds": max(0.5, deadline - time.monotonic() - 0.2)}
            try:
                child.stdin.write(json.dumps(asked).encode() + b"\n")
                child.stdin.flush()
                body = self._frame(child, deadline)
            except TimeoutError:
                self._kill()
                raise ProviderFailure(provider, Outcome.TIMEOUT, f"killed after {seconds:.1f} s") from None
            except (OSError, EOFError, ValueError) as error:
                code = self._kill()
                raise ProviderFailure(provider, Outcome.TRANSPORT, f"the fetching process ended ({code}): {error}") from error
            except BaseException:
                self._kill()  # an interrupt in mid-request: the child's answer would be taken for the next one's
                raise
            self._rest()
        finally:
            self._lock.release()
        try:
            reply = json.loads(body)
            if "ok" in reply:
                return {name: unpacked(value) for name, value in reply["ok"].items()}
            raise ProviderFailure(provider, Outcome(reply["failed"]), str(reply.get("detail", ""))[:300])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ProviderFailure(provider, Outcome.SCHEMA, "the fetching process answered with something that is no reply") from error

    def close(self) -> None:
        """End the child, if there is one, even in mid-request; that request then fails. The worker may be used again."""
        child = self._child
        if child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        with self._lock:  # soon free: the request in flight reads the end of the child's output
            if self._idle is not None:
                self._idle.cancel()
            self._kill()

    @property
    def pid(self) -> int | None:
        """Process id (and group id) of the running child, or None."""
        return self._child.pid if self._child is not None else None

    def _running(self) -> subprocess.Popen:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._kill()
        self._home = tempfile.TemporaryDirectory(prefix="newslink-child-", ignore_cleanup_errors=True)
        environment = child_environment(os.environ if self._environment is None else self._environment, self._home.name)
        self._child = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=environment, cwd=self._home.name, start_new_session=True,
        )  # fmt: skip
        os.set_blocking(self._child.stdout.fileno(), False)
        self.started += 1
        return self._child

    def _frame(self, child: subprocess.Popen, deadline: float) -> bytes:
        size = struct.unpack(">Q", self._read(child, 8, deadline))[0]
        if size > MAX_REPLY:
            raise ValueError(f"a reply of {size:,} bytes is not believed")
        return self._read(child, size, deadline)

    @staticmethod
    def _read(child: subprocess.Popen, wanted: int, deadline: float) -> bytes:
        descriptor, parts = child.stdout.fileno(), []
        while wanted:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(descriptor, min(wanted, 1 << 20))
            if not part:
                raise EOFError("it closed its output")
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def _kill(self) -> int | None:
        """Kill the whole group and wait for it, so that no process is left; the exit code where one is known."""
        child, self._child = self._child, None
        code = None
        if child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            code = child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._home is not None:
            self._home.cleanup()
            self._home = None
        return code

    def _rest(self) -> None:
        self._idle = threading.Timer(IDLE_SECONDS, self._retire)
        self._idle.daemon = True
        self._idle.start()

    def _retire(self) -> None:
        if self._lock.acquire(blocking=False):  # a request that came first keeps the child
            try:
                self._kill()
            finally:
                self._lock.release()
