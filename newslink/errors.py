"""Every error newslink raises on purpose; foreign exceptions stop at the border and become one of these.

NewslinkError
├── SettingsError            an environment variable or option is unusable
├── ArticleError             one article cannot be read (collected as a Rejection, never shown as a crash)
├── SourceError              a live source could not be polled, or its description cannot be used
├── UniverseError            a list of securities or names is unusable
├── UnknownSecurity          nothing goes by that code or name
├── PriceError               prices could not be had
│   ├── PriceUnavailable     no provider answered within the deadline
│   ├── UnknownToProviders   two providers agree that they do not know the security
│   └── BadReply             a provider answered, and the answer is not usable
├── FrameError               a table entering from outside breaks its contract
├── SessionError             a time or market that no calendar serves
├── StoreError               the store cannot be opened, read or written
│   └── SchemaTooNew         the store was written by a later newslink
├── BatchError               work on processes or a cluster cannot be done
├── StudyError               an event study cannot be run on this input
├── CorrectionError          what a person said about an article or word cannot be used
└── QueryError               a search expression or filter that cannot be understood
"""


class NewslinkError(Exception):
    """Root of the tree. The message says what came in, what was expected and what to do.

    code: names a frequent case, by which the screen says it in the reader's language; '' where the class says enough.
    """

    def __init__(self, message: str = "", code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SettingsError(NewslinkError):
    """An environment variable or option is unusable."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name}={value!r} cannot be used: expected {expected}.")
        self.name = name


class ArticleError(NewslinkError):
    """One article cannot be read."""

    def __init__(self, locator: str, reason: str, line: int | None = None) -> None:
        where = locator if line is None else f"{locator}:{line}"
        super().__init__(f"{where}: {reason}")
        self.locator, self.reason, self.line = locator, reason, line


class SourceError(NewslinkError):
    """A live source could not be polled, or its description cannot be used. retry_after: seconds the other side asked us to wait."""

    def __init__(self, source: str, reason: str, retry_after: float | None = None) -> None:
        super().__init__(f"{source}: {reason}")
        self.source, self.reason, self.retry_after = source, reason, retry_after


class UniverseError(NewslinkError):
    """A list of securities or names is unusable."""


class UnknownSecurity(NewslinkError):
    """Nothing goes by that code or name."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"No security goes by {text!r}: expected a code such as 600519.SH, 00700.HK or NIO.US, "
            "or a name from the list; `newslink universe import` adds names."
        )
        self.text = text


class PriceError(NewslinkError):
    """Prices could not be had."""


class PriceUnavailable(PriceError):
    """No provider answered within the deadline. failures: what each that was asked did instead, where that is known."""

    failures: tuple[PriceError, ...] = ()


class UnknownToProviders(PriceError):
    """Two providers agree that they do not know the security."""


class BadReply(PriceError):
    """A provider answered, and the answer is not usable."""


class FrameError(NewslinkError):
    """A table entering from outside breaks its contract."""

    def __init__(self, contract: str, column: str, problem: str, row: object = None) -> None:
        at = "" if row is None else f" First offending row: {row}."
        super().__init__(f"{contract}: column {column!r} {problem}.{at}")
        self.contract, self.column, self.row = contract, column, row


class SessionError(NewslinkError):
    """A time or market that no calendar serves."""


class StoreError(NewslinkError):
    """The store cannot be opened, read or written."""


class SchemaTooNew(StoreError):
    """The store was written by a later newslink."""


class BatchError(NewslinkError):
    """Work on processes or a cluster cannot be done."""


class StudyError(NewslinkError):
    """An event study cannot be run on this input."""


class CorrectionError(NewslinkError):
    """What a person said about an article or word cannot be used."""


class QueryError(NewslinkError):
    """A search expression or filter that cannot be understood."""
