"""Work in a process of its own that is killed, as kill -9 does, just before the database is asked for the n-th time."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import contextmanager

from newslink.store import database as databases


def counted(work: Callable[[], object]) -> int:
    """How often an undisturbed run asks the database."""
    asked = [0]
    _watch(lambda: asked.__setitem__(0, asked[0] + 1), work)
    return asked[0]


def dies(work: Callable[[], object], at: int) -> bool:
    """Run work in a forked process until its at-th request; False when it came to its end before. No store may be open here."""
    child = os.fork()
    if not child:
        left = [at]

        def one_less() -> None:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            _watch(one_less, work)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return outcome(child)


def begun(work: Callable[[], object]) -> int:
    """Run work in a forked process; its number."""
    return os.fork() or _run(work)


def outcome(child: int) -> bool:
    """Wait for a process: True when it was killed, False when it ended well."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the work failed by itself; its traceback is above"
    return False


def _run(work: Callable[[], object]) -> int:
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _watch(tell: Callable[[], None], work: Callable[[], object]) -> None:
    """Before every statement, and before every commit, which is where most is at stake."""
    real = {name: getattr(databases.Writer, name) for name in ("cursor", "run_many", "load")}

    def watching(name: str) -> Callable:
        def asks(self, *arguments):
            tell()
            return real[name](self, *arguments)

        return asks

    write = databases.Database.write

    @contextmanager
    def writing(self, **how):
        with write(self, **how) as writer:
            yield writer
            tell()

    try:
        databases.Database.write = writing
        for name in real:
            setattr(databases.Writer, name, watching(name))
        work()
    finally:
        for name, method in real.items():
            setattr(databases.Writer, name, method)
        del databases.Writer.cursor  # it is the reader's
        databases.Database.write = write
