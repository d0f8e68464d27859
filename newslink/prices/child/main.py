"""One JSON line in (request, arguments, seconds) → one framed JSON answer out. Run as a script by the parent, in its own process group.

Frame: eight bytes of length, big-endian, then UTF-8 JSON. Standard output belongs to the frames alone; what akshare prints goes to standard
error. When standard input closes the parent is gone, and the process ends at once whatever it is doing.
"""

import contextlib
import json
import os
import queue
import signal
import struct
import sys
import threading
from pathlib import Path

# Bounds the memory written to, not the addresses reserved: V8 reserves eight gigabytes of those for every engine, and dies without them.
DATA_BYTES = 1536 * 1024**2
CPU_SECONDS = 120


def limit() -> None:
    """Bound memory for good and processor time per request, where the system can."""
    try:
        import resource
    except ImportError:  # no such module on Windows: the deadline still holds
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    with contextlib.suppress(ValueError, OSError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, resource.RLIM_INFINITY))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def lines_of_parent() -> "queue.SimpleQueue[bytes]":
    """Lines of standard input. The reading thread ends the process at end of file, and whatever it started with it, so that nothing
    outlives the parent."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        if os.getpgrp() == os.getpid():
            with contextlib.suppress(OSError):
                os.killpg(0, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def table(value: object) -> object:
    """A frame as {"columns": [...], "data": [...]} by column: whole numbers and texts (dates too) as lists, what is missing as null, other
    numbers as {"f8": base64 of little-endian doubles}, which costs a tenth of writing them out. Other values as they are."""
    import base64

    import numpy as np
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        return value
    data = []
    for position in range(value.shape[1]):
        column = value.iloc[:, position]
        if column.dtype.kind in "iu":
            data.append(column.tolist())
        elif column.dtype.kind == "f":
            numbers = column.to_numpy("float64")
            data.append({"f8": base64.b64encode(np.where(np.isfinite(numbers), numbers, np.nan).astype("<f8").tobytes()).decode()})
        else:
            data.append([None if item is None or item is pd.NaT or item != item else str(item)[:400] for item in column.tolist()])
    return {"columns": [str(name) for name in value.columns], "data": data}


def answer(request: dict) -> dict:
    """What the request brought: {"ok": tables} or {"failed": outcome, "detail": …}."""
    from newslink.prices.child import facts, fetch, guard

    guard.begin(float(request["seconds"]))
    arguments = request["arguments"]
    symbol = str(arguments.get("symbol", ""))
    try:
        import akshare

        tables = fetch.REQUESTS[request["request"]](akshare, **fetch.checked(arguments))
        texts = guard.NOTES.texts
        bars = tables.get("bars", tables.get("rows"))
        if bars is None or not len(bars):
            if guard.NOTES.refused is not None:
                raise guard.NOTES.refused
            if facts.eastmoney_unknown(texts) or facts.sina_empty(texts):
                return {"failed": "unknown", "detail": symbol}
            # A whole history or a list without a row is an answer that could not be read; only a window may be empty.
            whole = request["request"] == "listing" or (request["request"].startswith("sina_") and request["request"] != "sina_minute")
            return {"failed": "schema" if whole else "empty", "detail": f"{symbol}: no row in the answer" if whole else symbol}
        return {"ok": {name: table(value) for name, value in tables.items()}}
    except guard.Refused as refused:
        first = guard.NOTES.refused or refused
        return {"failed": first.outcome, "detail": first.detail}
    except MemoryError:
        return {"failed": "schema", "detail": "the answer needed more memory than is allowed"}
    except Exception as error:  # akshare's parsers fail in every way there is; the facts decide what it meant
        if guard.NOTES.refused is not None:
            return {"failed": guard.NOTES.refused.outcome, "detail": guard.NOTES.refused.detail}
        texts = guard.NOTES.texts
        if facts.eastmoney_unknown(texts) or facts.sina_empty(texts) or facts.tencent_unknown(texts, symbol):
            return {"failed": "unknown", "detail": symbol}
        return {"failed": "schema", "detail": f"{type(error).__name__}: {str(error)[:200]}"}


def serve() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # akshare prints; only frames may reach the parent
    limit()
    lines = lines_of_parent()
    from newslink.prices.child import guard

    guard.install()
    while True:
        line = lines.get()
        limit()
        body = json.dumps(answer(json.loads(line)), ensure_ascii=False, allow_nan=False).encode()
        out.write(struct.pack(">Q", len(body)) + body)
        out.flush()


if __name__ == "__main__":
    # Isolated mode leaves the project off the path; it is three folders up from here, and nothing else is wanted.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    serve()
