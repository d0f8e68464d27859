"""The parts of the page 新闻: filter bar, list of results, the reader beside it, exports of what was found."""

from __future__ import annotations

import streamlit as st

from newslink.model import Filter, Role
from newslink.pipeline import view as pipeline
from newslink.pipeline.events import events_of
from newslink.pipeline.view_types import Facets, NewsView
from newslink.ui import exports, tables, widgets
from newslink.ui.context import Context, change, latest
from newslink.ui.facts import counts_html
from newslink.ui.html import text
from newslink.ui.problems import coded
from newslink.ui.reader import reader
from newslink.ui.state import View

SIZE = 50
EXPORTED = 20_000


def filter_of(view: View) -> Filter:
    """The filter of the view with its dates; the security counts only where the list is of it alone."""
    return view.filter(with_dates=True, with_security=view.only)


def filters(found: Context, facets: Facets) -> None:
    words, view = found.words, found.view
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            words["keyword"],
            key=widgets.bound("keyword", view.keyword, typed=True),
            placeholder=words["keyword_hint"],
            label_visibility="collapsed",
            max_chars=200,
            on_change=lambda: change(keyword=st.session_state["w-keyword"], page=1),
            width=420,
        )
        widgets.search(found, only=True)
        _security(found)
        widgets.open_dates(found)
        widgets.filters(found, facets, keyword=False)
    widgets.offers(found)
    st.html(widgets.filters_mark(found))


def _security(found: Context) -> None:
    name = f"{found.desk.universe.name_on(found.view.security)} {found.view.security}" if found.view.security else ""
    if not name:  # nothing to choose from
        return
    options = ["all", "one"]

    def chosen() -> None:
        change(only=st.session_state["w-news-security"] == "one", page=1)

    st.session_state["w-news-security"] = "one" if found.view.only else "all"
    labels = {"all": found.words["all_securities"], "one": name}
    st.segmented_control(
        found.words["search"], options, format_func=labels.get, key="w-news-security", label_visibility="collapsed", on_change=chosen
    )


@st.fragment
def results(found: Context, loaded: NewsView) -> None:
    """List and reader; a click in the list draws these again and nothing else."""
    found = latest(found)
    words = found.words
    st.html(f'<div class="nl-line2">{counts_html(found, loaded.counts, security=False)}</div>')
    if loaded.problem:
        why = coded(loaded.problem_code, loaded.problem, found.language, ("QueryError",))
        st.warning(words["bad_query"].replace("{reason}", widgets.escaped(why[:300])), icon=":material/search_off:")
    left, right = st.columns([3, 2], gap="small")
    with left:
        _list(found, loaded)
        if len(loaded.news):
            _exports(found, loaded)
    with right, st.container(height=760, border=True, key="reader"):
        _read(found, loaded)


def _list(found: Context, loaded: NewsView) -> None:
    words, view, news = found.words, found.view, loaded.news
    if not len(news):
        st.html(f'<div class="nl-empty"><b>{text(words["no_news"])}</b><br>{text(words["no_news_hint"])}</div>')
        return
    pages = max(1, -(-loaded.total // SIZE))
    st.caption(found.say("found_clusters" if view.fold else "found", n=f"{loaded.total:,}"))
    shown = tables.news_frame(found, news)
    key = f"news-{view.page}"

    def chosen() -> None:
        row = tables.chosen_row(st.session_state[key])
        if row is not None and row < len(news):
            change(article=str(news["article"].iloc[row]))

    config = {
        words["published"]: st.column_config.TextColumn(width=122),
        words["title"]: st.column_config.TextColumn(width=290 if words["reported"] in shown else 370),
        words["reported"]: st.column_config.TextColumn(width=80),
        words["securities"]: st.column_config.TextColumn(width=132),
        words["source"]: st.column_config.TextColumn(width=78 if found.language == "zh" else 96),
        words["tag"]: st.column_config.TextColumn(width=86),
    }
    st.dataframe(shown, hide_index=True, height=tables.height_of(shown, 700), selection_mode="single-row", on_select=chosen, key=key, column_config=config)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        _pages(found, pages)
    if st.session_state.pop("turned", False):
        st.rerun()


def _pages(found: Context, pages: int) -> None:
    words, page = found.words, found.view.page
    st.button(words["previous"], icon=":material/chevron_left:", disabled=page <= 1, on_click=_turn, args=(page - 1,))
    st.caption(found.say("page_of", page=page, pages=pages), width="content")
    st.button(words["next"], icon=":material/chevron_right:", disabled=page >= pages, on_click=_turn, args=(page + 1,))


def _exports(found: Context, loaded: NewsView) -> None:
    view, words = found.view, found.words
    window = (view.start or "…", view.end or "…")
    wanted = filter_of(view)
    sources = tuple(source for source, _ in loaded.facets.sources[:20])
    about = exports.about_of(found, words["page_news"], window, sources, securities=filter_of(view).securities)
    desk = found.desk
    exports.lazy_buttons(found, lambda: events_of(desk.store, wanted, desk.universe, desk.clock).head(EXPORTED), about, "newslink_news")


def _turn(page: int) -> None:
    change(page=page)
    st.session_state["turned"] = True


def _read(found: Context, loaded: NewsView) -> None:
    desk = found.desk
    chosen = found.view.article or (str(loaded.news["article"].iloc[0]) if len(loaded.news) else "")
    article = pipeline.article_view(desk.store, desk.universe, desk.clock, chosen) if chosen else None
    if chosen and article is None:
        st.html(f'<div class="nl-empty">{text(found.words["broken_article"])}</div>')
        return
    security = found.view.security
    if article is not None and all(one.link.security != security for one in article.links):
        subjects = [one.link.security for one in article.links if one.link.role is Role.SUBJECT]
        security = next(iter(subjects), article.links[0].link.security if article.links else "")
    reader(found, article, security, "news")
