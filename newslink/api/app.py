"""Store URL → the application. Every answer is a read of the store; nothing is fetched, nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pandas as pd
from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from newslink import __version__
from newslink.api.guard import LOCAL_HOSTS, Guard
from newslink.api.page import page_of
from newslink.api.query import Day, Filtered, Paged, Word
from newslink.errors import NewslinkError, QueryError, SessionError, StoreError, UnknownSecurity
from newslink.export import records, write_events_jsonl
from newslink.export.columns import NAMES
from newslink.export.csv import BOM, lines, slices
from newslink.model import Article, Link
from newslink.python_api import Archive, open

Word_ = Annotated[Word, Query()]


class Problem(BaseModel):
    """Why a request could not be answered."""

    detail: str | list[dict[str, Any]]


class EventPage(BaseModel):
    """rows: columns of docs/columns.md, missing values null. total: rows of the whole filtered set. next_offset: null on the last page."""

    total: int
    offset: int
    limit: int
    next_offset: int | None
    columns: list[str]
    rows: list[dict[str, Any]]


class Rows(BaseModel):
    """A table, one object a row."""

    rows: list[dict[str, Any]]


class Counts(BaseModel):
    """articles = linked + unlinked."""

    articles: int
    linked: int
    unlinked: int
    rejected: int


class Health(BaseModel):
    status: str
    version: str


class ArticleAnswer(BaseModel):
    """One article with its links. Offsets of mentions count code points of the named field, end exclusive."""

    id: str
    published_at: str | None
    precision: str
    title: str
    body: str
    source: str
    category: str
    tags: list[str]
    url: str
    locators: list[str]
    links: list[dict[str, Any]]


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The filter cannot be understood"},
    401: {"model": Problem, "description": "The token is missing or wrong"},
    404: {"model": Problem, "description": "There is no such security, article or page"},
    405: {"model": Problem, "description": "Only GET is served"},
    414: {"model": Problem, "description": "The query is longer than 8 kB"},
    421: {"model": Problem, "description": "The service is not called by this host name"},
    422: {"model": Problem, "description": "A parameter is out of bounds"},
    503: {"model": Problem, "description": "The store cannot be read now"},
}
CSV_DOC = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "UTF-8 with byte-order mark, CRLF"}}
LINES_DOC = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}, "description": "One JSON object a line"}}


def create_app(store_url: str, token: str = "", hosts: Iterable[str] = LOCAL_HOSTS) -> Guard:
    """The service over one store. token: empty lets everybody in who can reach it, which by default is this machine alone."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.archive = open(store_url)
        try:
            yield
        finally:
            app.state.archive.close()

    app = FastAPI(
        title="newslink",
        version=__version__,
        summary="News articles joined to the session they could first move",
        description="The same filtered set as the screen and its exports. Columns: docs/columns.md.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
        responses=RESPONSES,
        redirect_slashes=False,
    )
    _errors(app)
    _routes(app)
    return Guard(app, token, hosts)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(NewslinkError)
    async def ours(request: Request, error: NewslinkError) -> JSONResponse:
        status = 404 if isinstance(error, UnknownSecurity) else 400 if isinstance(error, QueryError | SessionError) else 503
        # What a store says may name paths and hosts of this machine.
        words = "The store cannot be read now." if isinstance(error, StoreError) else str(error)[:500]
        return JSONResponse({"detail": words}, status)


def _archive(request: Request) -> Archive:
    return request.app.state.archive


def _routes(app: FastAPI) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def description() -> str:
        return page_of(app.openapi())

    @app.get("/api/health")
    def health() -> Health:
        """Whether the service runs. Needs no token."""
        return Health(status="ok", version=__version__)

    @app.get("/api/counts")
    def counts(request: Request) -> Counts:
        """Counts of the store, which reconcile."""
        return Counts(**_archive(request).counts())

    @app.get("/api/securities")
    def securities(request: Request, q: Annotated[Word, Query(min_length=1)], limit: Annotated[int, Query(ge=1, le=200)] = 20) -> Rows:
        """Securities by code, name, pinyin initials or English name; best first."""
        return Rows(rows=_archive(request).securities(q, limit).to_dict("records"))

    @app.get("/api/events")
    def events(request: Request, query: Paged) -> EventPage:
        """The filtered set joined to bars: one row a link, ascending by session and publication."""
        archive = _archive(request)
        part, total = archive.events_page(query.filter(archive), query.offset, query.limit)
        after = query.offset + len(part)
        return EventPage(
            total=total,
            offset=query.offset,
            limit=query.limit,
            next_offset=after if after < total and len(part) else None,
            columns=list(NAMES),
            rows=records(part),
        )

    @app.get("/api/events.csv", response_class=Response, responses=CSV_DOC)
    def events_csv(request: Request, query: Filtered) -> StreamingResponse:
        """The whole filtered set as CSV that Excel opens right."""
        archive = _archive(request)
        frame = archive.events_frame(query.filter(archive))
        headers = {"Content-Disposition": 'attachment; filename="newslink-events.csv"'}
        return StreamingResponse(_csv(frame), media_type="text/csv; charset=utf-8", headers=headers)

    @app.get("/api/events.jsonl", response_class=Response, responses=LINES_DOC)
    def events_jsonl(request: Request, query: Filtered) -> StreamingResponse:
        """The whole filtered set as JSON lines."""
        archive = _archive(request)
        frame = archive.events_frame(query.filter(archive))
        return StreamingResponse(_json_lines(frame), media_type="application/x-ndjson")

    @app.get("/api/bars")
    def bars(
        request: Request,
        security: Annotated[Word, Query(min_length=1)],
        start: Annotated[Day | None, Query()] = None,
        end: Annotated[Day | None, Query()] = None,
        adjust: Annotated[str, Query(pattern="^(raw|qfq|hfq)$")] = "raw",
    ) -> Rows:
        """Daily bars in the store (volume in shares, prices in the trading currency). Nothing is fetched."""
        frame = _archive(request).bars(security, start, end, adjust)
        return Rows(rows=_plain(frame))

    @app.get("/api/articles/{id:path}")
    def article(request: Request, id: Annotated[str, Path(max_length=300)]) -> ArticleAnswer:
        """One article with its links and the words that made them."""
        try:
            found, links = _archive(request).article(id)
        except KeyError:
            raise HTTPException(404, f"There is no article {id[:100]!r}.") from None
        return _article(found, links)


def _csv(frame: pd.DataFrame) -> Iterable[bytes]:
    yield BOM + ",".join(NAMES).encode() + b"\r\n"
    for part in slices(frame):
        yield lines(part)


def _json_lines(frame: pd.DataFrame) -> Iterable[bytes]:
    import io

    for part in slices(frame, 2000):
        file = io.BytesIO()
        write_events_jsonl(part, file)
        yield file.getvalue()


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a bars frame: days as text, times as ISO text, missing numbers null."""
    out = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "M":
            day = name == "session"
            out[name] = [None if value is pd.NaT else (f"{value:%Y-%m-%d}" if day else value.isoformat()) for value in column]
        elif column.dtype.kind == "f":
            out[name] = [None if value != value else value for value in column.tolist()]
        else:
            out[name] = column.tolist()
    return [dict(zip(out, row, strict=True)) for row in zip(*out.values(), strict=True)]


def _article(article: Article, links: tuple[Link, ...]) -> ArticleAnswer:
    return ArticleAnswer(
        id=article.id,
        published_at=article.published.isoformat() if article.published else None,
        precision=article.precision.value,
        title=article.title,
        body=article.body,
        source=article.source,
        category=article.category,
        tags=list(article.tags),
        url=article.url,
        locators=[origin.locator for origin in article.origins],
        links=[
            {
                "security": link.security,
                "role": link.role.value,
                "confidence": link.confidence,
                "relevance": link.relevance,
                "alternatives": list(link.alternatives),
                "mentions": [
                    {"field": m.field, "start": m.start, "end": m.end, "surface": m.surface, "rule": m.rule, "evidence": list(m.evidence)}
                    for m in link.mentions
                ],
            }
            for link in links
        ],
    )


__all__ = ["Field", "create_app"]
