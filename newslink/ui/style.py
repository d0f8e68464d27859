"""Our own style sheet, as one constant text: dense like a terminal, quiet, the same in both themes. Nothing from outside is in it."""

CSS = """
<style>
.stMainBlockContainer { padding: 4.1rem 1.1rem 1.5rem; max-width: none; }
.stVerticalBlock { gap: .45rem; }
.stHorizontalBlock { gap: .6rem; }
.stElementContainer:has(> .stHtml > style) { display: none; }
header.stAppHeader { height: 3rem; }
.stButtonGroup button { padding-left: .5rem; padding-right: .5rem; min-width: 0; }
h1, h2, h3 { padding: .15rem 0; }
.stHeading h3 { font-size: 1.08rem; }
.stElementContainer:has(> .stHtml > .nl-hidden) { position: absolute; max-width: 1px; overflow: hidden; }
.nl-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.nl-quote { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 14px; line-height: 1.5; font-variant-numeric: tabular-nums; }
.nl-quote b { font-size: 1.25rem; }
.nl-quote .nl-last { font-size: 1.45rem; font-weight: 700; }
.nl-quote small, .nl-line2, .nl-meta { opacity: .72; }
.nl-meta { font-size: .8rem; overflow-wrap: anywhere; }
.nl-facts0 td { padding: 2px 14px 2px 0; vertical-align: top; overflow-wrap: anywhere; }
.nl-facts0 td:first-child { white-space: nowrap; }
.nl-line2 { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: .84rem; font-variant-numeric: tabular-nums; }
.nl-line2:has(.nl-warn) { opacity: 1; } .nl-line2:has(.nl-warn) > span:not(:has(.nl-warn)) { opacity: .72; }
.nl-warn { color: var(--nl-warn); font-weight: 600; }
.nl-up { color: var(--nl-up); } .nl-down { color: var(--nl-down); }
.nl-badge { border: 1px solid currentColor; border-radius: 4px; padding: 0 5px; font-size: .76rem; white-space: nowrap; }
.nl-sample { background: #c05c00; color: #fff; border: 0; opacity: 1; }
.nl-read { font-size: 1rem; line-height: 1.75; overflow-wrap: anywhere; }
.nl-read h2 { font-size: 1.22rem; line-height: 1.45; margin: 0 0 .2rem; padding: 0; }
.nl-read ul { margin: 0 0 .4rem; padding-left: 1.2rem; font-size: .92rem; line-height: 1.6; }
.nl-read p { margin: 0 0 .55rem; unicode-bidi: plaintext; }
.nl-read .nl-why { font-size: .88rem; margin: .15rem 0 .5rem; }
.nl-read mark { background: rgba(90, 130, 160, .16); color: inherit; border-radius: 3px; padding: 0 1px; cursor: help; }
.nl-read mark.nl-mine { background: #ffe08a; color: #3b2a00; }
.nl-read mark.nl-hit { background: none; text-decoration: underline 2px #e08600; text-underline-offset: 3px; }
.nl-read mark.nl-weak { background: none; border-bottom: 1px dotted currentColor; }
.nl-tags { display: flex; flex-wrap: wrap; gap: 4px; margin: .1rem 0 .35rem; }
.nl-link { font-size: .84rem; line-height: 1.45; border-left: 3px solid rgba(128, 140, 155, .4); padding-left: 8px; margin: 2px 0; }
.nl-link.nl-mine { border-color: #e0a800; }
.nl-muted { opacity: .55; text-decoration: line-through; }
.nl-empty { text-align: center; padding: 2.2rem 1rem; opacity: .8; border: 1px dashed rgba(128, 140, 155, .5); border-radius: 6px; }
.nl-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); gap: 8px; }
.nl-card0 { border: 1px solid rgba(128, 140, 155, .3); border-radius: 6px; padding: 6px 10px; }
.nl-card0 b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.nl-card0 span { display: block; font-size: .8rem; opacity: .7; }
.nl-card0 span::first-letter { text-transform: uppercase; }
/* The reader is as high as what is read, up to the height of chart and table; what is longer scrolls. */
[data-testid=stLayoutWrapper]:has(> .st-key-reader), .st-key-reader { height: auto !important; flex: 0 1 auto !important; }
.st-key-reader { max-height: 940px; }
.st-key-reader .stHorizontalBlock:has(.nl-link) { flex-wrap: nowrap; }
.st-key-reader .stHorizontalBlock:has(.nl-link) > .stElementContainer:has(.nl-link) { flex: 1 1 0; min-width: 0; }
@media (max-width: 640px) {
  .stMain { overflow-x: hidden; }
  .stMainBlockContainer { padding: 4rem .55rem 1rem; }
  .st-key-reader { max-height: none; }
  .nl-cards { grid-template-columns: repeat(auto-fit, minmax(80px, 1fr)); gap: 6px; }
  .nl-card0 { padding: 6px; }
  /* Where nothing hovers, a table's own buttons stand over what is above it. */
  .st-key-inbox-head { margin-bottom: 2rem; }
  .stTabs [role=tabpanel]:has(.stDataFrame) { padding-top: 2.4rem; }
  /* Chart, then what was clicked, then the table. */
  .stHorizontalBlock:has(> .stColumn .st-key-reader) { flex-direction: column; }
  .stHorizontalBlock:has(> .stColumn .st-key-reader) > .stColumn:has(.st-key-below),
  .stHorizontalBlock:has(> .stColumn .st-key-reader) > .stColumn > .stVerticalBlock:has(.st-key-below) { display: contents; }
  .stColumn:has(.st-key-reader) { order: 1; width: 100%; flex: none !important; }
  [data-testid=stLayoutWrapper]:has(> .st-key-below) { order: 2; width: 100%; }
  .st-key-bar > * { order: 9; }
  .st-key-bar > .st-key-w-search { order: 1; flex: 1 1 200px; }
  .st-key-bar > :has(.st-key-filters) { order: 2; }
  .st-key-bar > :has(.st-key-w-range) { order: 3; }
  .st-key-bar > :has(.st-key-display) { order: 4; }
  .nl-quote b { font-size: 1.05rem; } .nl-quote .nl-last { font-size: 1.2rem; }
}
</style>
"""


def accent(dark: bool) -> str:
    """The theme's primary colour (``.streamlit/config.toml``)."""
    return "#5aa2ff" if dark else "#1f5fd0"


def direction_colours(dark: bool, green_up: bool) -> str:
    """The two colours of rising and falling, and that of what needs attention, as style variables."""
    red, green = ("#ff5a5f", "#2ec08b") if dark else ("#d9363e", "#0f8a5f")
    up, down = (green, red) if green_up else (red, green)
    warn = "#f5a742" if dark else "#b35500"
    return f"<style>:root {{ --nl-up: {up}; --nl-down: {down}; --nl-warn: {warn}; }}</style>"
