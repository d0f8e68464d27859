"""Parts of work in, their results out, in the order of the parts: here, on local processes, or on a Dask scheduler, with equal results.

The work must be a picklable pure function of its part. That makes parts idempotent: a worker that dies in the middle of one loses it and
doubles nothing, because the part is simply done again and only the caller, one process, writes what comes back.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, Protocol, TypeVar

from newslink import __version__
from newslink.errors import BatchError

Part = TypeVar("Part")
Result = TypeVar("Result")
Progress = Callable[[int, int | None, str], None]

# Parts in the hands of each worker, so that memory stays flat whatever the number of parts: one being done, and enough of them waiting or done
# that the worker does not stand still while this process stores one, or places some in clusters.
AHEAD = 4
TRIES = 4  # times a part may take its worker down before it is given up
CONNECT_SECONDS = 20


class Place(Protocol):
    """Where work is done. ``width``: parts worth having under way at once."""

    width: int

    def submit(self, work: Callable[[Any], Any], part: Any) -> Any:
        """Begin; returns a ticket."""

    def result(self, ticket: Any) -> Outcome:
        """Wait for it. Raises WorkerLost when the worker died with it."""

    def close(self) -> None: ...


class Outcome(NamedTuple):
    """value, or the error the work raised as (kind, words, traceback): an exception itself may not survive the way back."""

    value: Any = None
    error: tuple[str, str, str] | None = None


class WorkerLost(Exception):
    """The process that held the part is gone."""


def run_parts(
    parts: Iterable[Part],
    work: Callable[[Part], Result],
    workers: int = 0,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """One result a part, in their order, as they become ready; parts are taken from the iterable only as fast as they are worked off.

    workers: local processes; scheduler: address of a Dask scheduler (``tcp://host:port``), whose workers must have the same newslink;
    neither: this process. progress(parts done, None, ""). Raises BatchError when the work fails elsewhere or a part takes down several
    workers; an error of the work in this process is raised as it is.
    """
    place = place_for(workers, scheduler)
    waiting: deque[tuple[Any, Any]] = deque()
    source, done = iter(parts), 0
    try:
        while True:
            while len(waiting) < place.width and (part := next(source, _END)) is not _END:
                waiting.append((part, place.submit(work, part)))
            if not waiting:
                return
            part, ticket = waiting.popleft()
            value = _finished(place, work, part, ticket, waiting)
            done += 1
            yield value
            if progress:
                progress(done, None, "")
    finally:
        place.close()


_END: Any = object()


def _finished(place: Place, work: Callable[[Any], Any], part: Any, ticket: Any, waiting: deque[tuple[Any, Any]]) -> Any:
    """The part's value; when its worker dies, everything under way is begun again."""
    for attempt in range(1, TRIES + 1):
        try:
            outcome = place.result(ticket)
        except WorkerLost as error:
            if attempt == TRIES:
                words = f"A part took down its worker {TRIES} times ({error}); out of memory is the usual cause: use fewer workers."
                raise BatchError(words) from error
            ticket = place.submit(work, part)
            for at, (other, old) in enumerate(waiting):
                # Those that had finished keep their results; resubmitting the others in order keeps the order of results.
                waiting[at] = (other, old if _survived(old) else place.submit(work, other))
            continue
        if outcome.error:
            kind, words, trace = outcome.error
            raise BatchError(f"The work on a part failed: {kind}: {words}") from RuntimeError(trace)
        return outcome.value
    raise AssertionError("unreachable")


def _survived(ticket: Any) -> bool:
    return isinstance(ticket, Future) and ticket.done() and not ticket.cancelled() and ticket.exception() is None


def guarded(work: Callable[[Any], Any], part: Any) -> Outcome:
    """Runs in the worker: an error comes back as words."""
    try:
        return Outcome(work(part))
    except Exception as error:
        return Outcome(error=(type(error).__name__, str(error), traceback.format_exc()))


class Here:
    """This process, one part at a time, when its turn comes."""

    width = 1

    def submit(self, work: Callable[[Any], Any], part: Any) -> Any:
        return work, part

    def result(self, ticket: Any) -> Outcome:
        work, part = ticket
        return Outcome(work(part))

    def close(self) -> None:
        """Nothing is open."""


class Processes:
    """Local processes, started fresh (not forked): open database handles and threads of the parent stay its own."""

    def __init__(self, workers: int) -> None:
        self.workers, self.width = workers, workers * AHEAD
        self.pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn"))

    def submit(self, work: Callable[[Any], Any], part: Any) -> Future:
        try:
            return self.pool.submit(guarded, work, part)
        except BrokenProcessPool:
            # One dead process breaks the whole pool, and a broken pool takes no more work.
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = self._new()
            return self.pool.submit(guarded, work, part)

    def result(self, ticket: Future) -> Outcome:
        try:
            return ticket.result()
        except BrokenProcessPool as error:
            raise WorkerLost("a local process was killed") from error

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


class Scheduler:
    """A running Dask cluster. Dask itself does a lost worker's parts again; only a part that keeps killing comes back as lost."""

    def __init__(self, address: str) -> None:
        from distributed import Client

        try:
            self.client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="newslink")
            self.client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            versions = self.client.run(_version)
        except (OSError, ValueError, TimeoutError) as error:
            raise BatchError(f"No Dask scheduler with workers answers at {address}: {error or type(error).__name__}.") from error
        except Exception as error:
            # A worker without newslink fails to unpickle the question itself.
            self.client.close()
            raise BatchError(f"The workers at {address} cannot run newslink: {error}. Install the same version there.") from error
        others = {version for version in versions.values() if version != __version__}
        if others:
            self.client.close()
            raise BatchError(f"Workers at {address} run newslink {', '.join(sorted(others))}, this is {__version__}: install the same.")
        self.width = max(sum(self.client.nthreads().values()), 1) * AHEAD

    def submit(self, work: Callable[[Any], Any], part: Any) -> Any:
        # pure=False: equal parts of two runs are not to share one result; the key of a part is its own.
        return self.client.submit(guarded, work, part, pure=False)

    def result(self, ticket: Any) -> Outcome:
        from distributed import KilledWorker

        try:
            return ticket.result()
        except KilledWorker as error:
            raise WorkerLost(str(error).splitlines()[0]) from error
        finally:
            ticket.release()

    def close(self) -> None:
        self.client.close(timeout=5)


def _version() -> str:
    return __version__


def place_for(workers: int = 0, scheduler: str | None = None) -> Place:
    """Raises BatchError when the scheduler does not answer or runs another newslink."""
    if scheduler:
        return Scheduler(scheduler)
    return Processes(workers) if workers > 0 else Here()
