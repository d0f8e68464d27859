"""Images of an article that lie on other hosts: none is asked for until the reader says so, for this article alone, the hosts being named.

Streamlit's own ways to show an image take any address and tell its host where it was shown. So a component of a few lines makes the
elements: the address as a property, never as markup, and without a referrer.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from newslink.model import Annotation, Article
from newslink.ui.context import Context
from newslink.ui.html import web_address
from newslink.ui.widgets import escaped

SHOWN, HOSTS = 20, 4

_SCRIPT = """
export default function ({ parentElement, data }) {
  let place = parentElement.querySelector(".nl-images");
  if (!place) {
    place = document.createElement("div");
    place.className = "nl-images";
    parentElement.appendChild(place);
  }
  if (place.dataset.shown === JSON.stringify(data.images)) return;
  place.dataset.shown = JSON.stringify(data.images);
  place.replaceChildren(...data.images.map(({ address, words }) => {
    const figure = document.createElement("figure"), image = document.createElement("img"), caption = document.createElement("figcaption");
    image.referrerPolicy = "no-referrer";
    image.decoding = "async";
    image.alt = words;
    image.onerror = () => { image.remove(); caption.textContent = data.broken + " " + address; };
    image.src = address;
    caption.textContent = words;
    figure.append(image, caption);
    return figure;
  }));
}
"""
_STYLE = """
.nl-images figure { margin: 0 0 10px; }
.nl-images img { max-width: 100%; height: auto; display: block; border-radius: 4px; background: #fff; }
.nl-images figcaption { font: 12px/1.5 var(--st-font, sans-serif); color: var(--st-text-color); opacity: .7; overflow-wrap: anywhere; }
"""


def images_of(article: Article) -> list[Annotation]:
    """The images a browser may ask for, at most SHOWN, each address once."""
    known: dict[str, Annotation] = {}
    for note in article.annotations:
        if note.kind == "image" and web_address(note.target):
            known.setdefault(note.target, note)
    return list(known.values())[:SHOWN]


def hosts_of(images: list[Annotation]) -> list[str]:
    """Whom showing the images would ask, each once."""
    return list(dict.fromkeys(urlsplit(note.target).hostname or "" for note in images))


@cache
def _component() -> Any:
    return st.components.v2.component("newslink.images", js=_SCRIPT, css=_STYLE, isolate_styles=False)


def remote_images(found: Context, article: Article, place: str) -> None:
    """A button that names the hosts; once it was pressed, the images of this article, until another article is opened."""
    images = images_of(article)
    if not images:
        return
    key = f"{place}-images-of"
    if st.session_state.get(key) == article.id:
        shown = [{"address": note.target, "words": note.surface} for note in images]
        _component()(key=f"{place}-images", data={"images": shown, "broken": found.words["image_broken"]}, height="content")
        return

    def asked() -> None:
        st.session_state[key] = article.id

    hosts = hosts_of(images)
    named = found.words["comma"].join(hosts[:HOSTS]) + ("…" if len(hosts) > HOSTS else "")
    label = found.words["show_images"].replace("{n}", str(len(images))).replace("{hosts}", escaped(named[:120]))
    st.button(label, key=f"{place}-show-images", icon=":material/image:", help=found.words["show_images_help"], on_click=asked)
