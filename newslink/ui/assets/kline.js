// Figure (plain dictionaries, made by newslink/chart) in, K-line on screen; picks, boxed ranges and zoom out.
//
// The view is kept here: wheel, drag, pinch and keys move it, every change of the figure keeps it, and the price axis follows what is visible.
// Drawing is canvas.js's. Text from outside is only ever set as textContent or painted as text.

const DAY = 86400000;
const hosts = new WeakMap();
const remembered = new Map(); // scope → days looked at: a page that is laid out anew makes the chart anew, and that is no reason to lose the view

// Four bytes: the length of the head; the head, JSON; the figure, compressed JSON.
function parted(bytes) {
  const raw = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), length = new DataView(raw.buffer, raw.byteOffset).getUint32(0);
  return [JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + length))), raw.subarray(4 + length)];
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function same(a, b) {
  if (!a || !b || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (parent) parent.appendChild(made);
  return made;
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };
const unescaped = (text) => text.replace(/&(?:amp|lt|gt|quot|#x27);/g, (found) => ENTITIES[found]);
const dayText = (ordinal) => new Date(ordinal * DAY).toISOString().slice(0, 10);

function largeNumber(value, language) {
  if (value === null || value === undefined) return "–";
  const steps = language === "zh" ? [[1e12, "万亿"], [1e8, "亿"], [1e4, "万"]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
  for (const [size, unit] of steps) if (Math.abs(value) >= size) return (value / size).toFixed(2) + unit;
  return String(Math.round(value));
}

// ---- the figure, sorted for reading ------------------------------------------------------------------------------------------------------

function sorted(figure) {
  const labels = figure.layout.xaxis.categoryarray, place = new Map(labels.map((label, i) => [label, i]));
  const keep = { labels, last: figure.layout.meta.last, period: figure.layout.meta.period, lines: [], bars: [], markers: [], marks: new Map() };
  for (const trace of figure.data) {
    if (trace.type === "candlestick") keep.candle = trace;
    else if (trace.type === "bar") keep.bars.push(trace);
    else if (trace.mode === "lines") keep.lines.push(trace);
    else {
      const at = trace.x.map((label) => place.get(label));
      at.forEach((where, i) => keep.marks.set(where, { ordinal: trace.customdata[i], count: trace.text[i] || "1", hover: trace.hovertext[i],
        name: trace.name, colour: trace.marker.color }));
      keep.markers.push({ at, trace });
    }
  }
  keep.volumes = keep.bars.filter((trace) => trace.yaxis === "y2").map((trace) => trace.y);
  keep.places = [...keep.marks.keys()].sort((a, b) => a - b);
  keep.legend = keep.markers.map(({ trace }) => ({ name: trace.name, colour: trace.marker.color, symbol: trace.marker.symbol }));
  return keep;
}

// ---- one chart --------------------------------------------------------------------------------------------------------------------------

class Kline {
  constructor(parent, Painter) {
    this.root = element("div", "nl-kline", parent);
    this.head = element("div", "nl-head", this.root);
    this.facts = element("div", "nl-facts", this.head);
    this.tools = element("div", "nl-tools", this.head);
    this.averages = element("div", "nl-averages", this.root);
    this.stage = element("div", "nl-stage", this.root);
    this.canvas = element("canvas", "nl-canvas", this.stage);
    this.painter = new Painter(this.canvas);
    this.notes = element("div", "nl-notes", this.stage);
    this.band = element("div", "nl-band", this.stage);
    this.cross = element("div", "nl-cross", this.stage);
    this.level = element("div", "nl-level", this.stage);
    this.box = element("div", "nl-box", this.stage);
    this.card = element("div", "nl-card", this.stage);
    this.card.setAttribute("role", "status");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.pointers = new Map();
    this.boxing = false;
    this.view = null;
    this.blocked = [];
    this.listen();
    this.root.kline = this; // for tests: where things stand on the canvas
  }

  async update(component) {
    this.component = component;
    const bytes = component.data;
    if (!bytes || same(bytes, this.bytes)) return;
    this.bytes = bytes;
    const turn = (this.turn = (this.turn || 0) + 1);
    const [payload, content] = parted(bytes), held = same(content, this.content);
    const figure = held ? this.figure : await unpack(content);
    if (turn !== this.turn) return; // a newer figure came in meanwhile
    const known = this.keep && payload.scope === this.payload.scope;
    const before = known ? this.viewDays() : remembered.get(payload.scope) ?? null;
    if (!held) [this.content, this.figure, this.keep] = [content, figure, sorted(figure)];
    this.payload = payload;
    this.view = this.viewOf(before);
    this.selected = payload.selected ?? null;
    this.stage.style.height = payload.height + "px";
    this.stage.setAttribute("aria-label", payload.words.chart);
    this.painter.take(figure, this.keep, this.titles());
    this.buildTools();
    this.draw();
    this.say(this.keep.labels.length - 1);
    this.root.dataset.drawn = String((Number(this.root.dataset.drawn) || 0) + 1);
  }

  titles() {
    const { words } = this.payload, out = { y2: words.volume_pane, y3: words.density, empty: words.no_bar };
    for (const [name, axis] of Object.entries(this.figure.layout)) if (/^yaxis\d+$/.test(name) && axis.title?.text) out["y" + name.slice(5)] = axis.title.text;
    return out;
  }

  draw() {
    remembered.set(this.payload.scope, this.viewDays());
    this.painter.draw(this.view, this.seen());
    this.light();
  }

  dispose() {
    this.watcher?.disconnect();
    this.root.remove();
  }

  // -- the view, in places and in days --

  whole() { return [-0.8, this.keep.labels.length - 0.2]; }

  isWhole() { const [a, b] = this.whole(); return this.view[0] <= a + 0.01 && this.view[1] >= b - 0.01; }

  viewDays() {
    if (this.isWhole()) return null;
    const { last } = this.keep, inside = (i) => Math.min(last.length - 1, Math.max(0, i));
    return [last[inside(Math.ceil(this.view[0]))], last[inside(Math.floor(this.view[1]))]];
  }

  placeOf(ordinal) { // the first place whose last session is not before the day
    const { last } = this.keep;
    let low = 0, high = last.length;
    while (low < high) { const middle = (low + high) >> 1; if (last[middle] < ordinal) low = middle + 1; else high = middle; }
    return low;
  }

  viewOf(days) {
    if (!days) return this.whole();
    const a = this.placeOf(days[0]), b = Math.min(this.placeOf(days[1]), this.keep.last.length - 1);
    return b - a < 2 ? this.whole() : [a - 0.8, b + 0.8];
  }

  clamp([a, b]) {
    const [low, high] = this.whole(), most = high - low, width = Math.min(Math.max(b - a, Math.min(8, most)), most);
    let start = (a + b) / 2 - width / 2;
    start = Math.min(Math.max(start, low), high - width);
    return [start, start + width];
  }

  seen() {
    const n = this.keep.labels.length;
    return [Math.max(0, Math.ceil(this.view[0] - 0.4)), Math.min(n - 1, Math.floor(this.view[1] + 0.4))];
  }

  move(view) {
    this.view = this.clamp(view);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      const begun = performance.now();
      this.draw();
      this.blocked.push(performance.now() - begun);
      clearTimeout(this.later);
      this.later = setTimeout(() => this.ask(), 160);
    });
  }

  // More detail than is loaded, or days beyond what is loaded: ask for them. The answer keeps the view.
  ask() {
    const days = this.isWhole() ? [this.keep.last[0], this.keep.last.at(-1)] : this.viewDays(), { full, coarse } = this.payload, { last } = this.keep;
    const [a, b] = this.seen(), finer = coarse && b - a + 1 < 0.4 * last.length && this.keep.period !== "day";
    const atEdge = (a <= 1 && last[0] > full[0] + 10) || (b >= last.length - 2 && last.at(-1) < full[1] - 10);
    if (finer || atEdge) this.component.setTriggerValue("zoomed", { first: days[0], last: days[1], out: atEdge });
  }

  // -- pixels --

  area() { return this.painter.area; }

  placeAt(clientX) {
    const box = this.stage.getBoundingClientRect(), area = this.area();
    return this.view[0] + ((clientX - box.left - area.left) / area.width) * (this.view[1] - this.view[0]);
  }

  pixelOf(place) {
    const area = this.area();
    return area.left + ((place - this.view[0]) / (this.view[1] - this.view[0])) * area.width;
  }

  // For tests: page coordinates of the middle of a place.
  point(ordinal) {
    const box = this.stage.getBoundingClientRect();
    return { x: box.left + this.pixelOf(this.placeOf(ordinal)), y: box.top + this.area().top + this.area().height * 0.3 };
  }

  near(clientX) { // the place under the pointer, or a marked one close by: a target as wide as a finger
    const exact = this.placeAt(clientX), place = Math.round(exact);
    if (this.keep.marks.has(place)) return place;
    const reach = (9 / this.area().width) * (this.view[1] - this.view[0]);
    let best = place, distance = reach;
    for (const marked of this.keep.places) if (Math.abs(marked - exact) < distance) { best = marked; distance = Math.abs(marked - exact); }
    return best;
  }

  // -- what is said --

  say(place) {
    const { labels, candle, lines, volumes, legend } = this.keep, { words, language } = this.payload;
    if (place < 0 || place >= labels.length) return;
    this.facts.replaceChildren();
    element("b", "", this.facts, labels[place]);
    const close = candle.close[place];
    if (close === null) {
      element("span", "nl-faint", this.facts, words.no_bar);
    } else {
      let before = null;
      for (let i = place - 1; i >= 0 && before === null; i--) before = candle.close[i];
      const change = before ? close / before - 1 : null;
      const colour = (change ?? close - candle.open[place]) >= 0 ? candle.increasing.line.color : candle.decreasing.line.color;
      for (const [name, value] of [["open", candle.open[place]], ["high", candle.high[place]], ["low", candle.low[place]], ["close", close]]) {
        const part = element("span", "", this.facts, words[name] + " ");
        element("span", "nl-number", part, this.painter.price(value)).style.color = colour;
      }
      if (change !== null) {
        const part = element("span", "", this.facts, words.change + " ");
        element("span", "nl-number", part, (change >= 0 ? "+" : "−") + Math.abs(change * 100).toFixed(2) + "%").style.color = colour;
      }
      const volume = volumes.map((part) => part[place]).find((value) => value !== null);
      element("span", "", this.facts, words.volume + " " + largeNumber(volume, language) + words.shares);
    }
    this.averages.replaceChildren();
    for (const line of lines) {
      const value = line.y[place];
      if (line.yaxis === "y" && Number.isFinite(value)) element("span", "", this.averages, line.name + " " + this.painter.price(value)).style.color = line.line.color;
    }
    this.sayPanes(place);
    for (const { name, colour, symbol } of legend) {
      const key = element("span", "nl-key", this.averages);
      element("i", "nl-shape nl-" + symbol, key).style.background = colour;
      key.append(unescaped(name));
    }
  }

  // Beside the title of each lower pane: what its curves and bars are at the place.
  sayPanes(place) {
    const { lines, bars } = this.keep;
    this.notes.replaceChildren();
    for (const pane of this.painter.panes || []) {
      if (!/^y\d+$/.test(pane.id) || Number(pane.id.slice(1)) < 4) continue;
      const note = element("div", "nl-note", this.notes);
      note.style.cssText = `left:${this.area().left + 44}px;top:${pane.top}px`;
      for (const { yaxis, name, y, line, marker } of [...lines, ...bars])
        if (yaxis === pane.id && Number.isFinite(y[place])) element("span", "", note, name + " " + y[place]).style.color = line ? line.color : marker.color;
    }
  }

  hover(clientX, clientY) {
    const box = this.stage.getBoundingClientRect(), area = this.area(), place = this.near(clientX);
    if (place < 0 || place >= this.keep.labels.length) return this.leave();
    const x = this.pixelOf(place);
    this.cross.style.cssText = `display:block;left:${x}px;top:${area.top}px;height:${area.height}px`;
    this.level.style.cssText = `display:block;top:${clientY - box.top}px;left:${area.left}px;width:${area.width}px`;
    this.level.dataset.value = this.painter.valueAt(clientY - box.top);
    this.say(place);
    const mark = this.keep.marks.get(place);
    this.stage.style.cursor = this.boxing ? "col-resize" : mark ? "pointer" : "crosshair";
    if (!mark) { this.card.style.display = "none"; return; }
    this.card.replaceChildren();
    const head = element("div", "nl-card-head", this.card, this.keep.labels[place] + " · " + mark.count + " " + this.payload.words.articles + " · " + unescaped(mark.name));
    head.style.borderColor = mark.colour;
    for (const line of mark.hover.split("<br>")) element("div", "nl-line", this.card, unescaped(line));
    element("div", "nl-faint", this.card, this.payload.words.click);
    this.card.style.display = "block";
    const right = x > box.width / 2;
    this.card.style.left = right ? "auto" : x + 14 + "px";
    this.card.style.right = right ? box.width - x + 14 + "px" : "auto";
    this.card.style.top = Math.min(Math.max(clientY - box.top - 20, 4), Math.max(4, box.height - this.card.offsetHeight - 8)) + "px";
  }

  leave() {
    for (const part of [this.cross, this.level, this.card]) part.style.display = "none";
    if (this.keep) this.say(this.keep.labels.length - 1);
  }

  light() { // the chosen session
    if (this.selected === null || !this.keep.last.length || this.selected < this.keep.last[0] - 40) { this.band.style.display = "none"; return; }
    const place = this.placeOf(this.selected), area = this.area(), x = this.pixelOf(place), step = area.width / (this.view[1] - this.view[0]);
    const width = Math.max(step, 7);
    if (place >= this.keep.last.length || x < area.left || x > area.left + area.width) { this.band.style.display = "none"; return; }
    this.band.style.cssText = `display:block;left:${x - width / 2}px;width:${width}px;top:${area.top}px;height:${area.height}px`;
  }

  pick(place) {
    const mark = this.keep.marks.get(place);
    if (!mark) return;
    this.selected = mark.ordinal;
    this.light();
    this.component.setStateValue("picked", { session: mark.ordinal, turn: Date.now() });
  }

  // -- hands --

  listen() {
    const stage = this.stage;
    stage.addEventListener("wheel", (event) => {
      if (!this.keep) return;
      const out = event.deltaY > 0;
      if (out && this.isWhole() && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return; // nothing left to zoom out: let the page scroll
      event.preventDefault();
      const [a, b] = this.view, width = b - a;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return this.move([a + (event.deltaX / this.area().width) * width, b + (event.deltaX / this.area().width) * width]);
      const factor = Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.0018))), at = this.placeAt(event.clientX);
      this.move([at - (at - a) * factor, at + (b - at) * factor]);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      if (!this.keep || event.button > 0) return;
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.grip = { x: event.clientX, view: [...this.view], moved: false, box: this.boxing || event.shiftKey, spread: this.spread() };
    });
    stage.addEventListener("pointermove", (event) => {
      if (!this.keep) return;
      const held = this.pointers.get(event.pointerId);
      if (!held) { if (event.pointerType !== "touch") this.hover(event.clientX, event.clientY); return; }
      held.x = event.clientX; held.y = event.clientY;
      const grip = this.grip, [a, b] = grip.view, width = b - a;
      if (this.pointers.size === 2) { // pinch
        const factor = (grip.spread || 1) / Math.max(this.spread(), 1), middle = (a + b) / 2;
        grip.moved = true;
        return this.move([middle - (width / 2) * factor, middle + (width / 2) * factor]);
      }
      if (Math.abs(event.clientX - grip.x) < 4 && !grip.moved) return;
      if (!grip.moved) { grip.moved = true; try { stage.setPointerCapture(event.pointerId); } catch { /* the pointer is gone */ } }
      if (grip.box) {
        const box = stage.getBoundingClientRect(), area = this.area(), from = Math.min(grip.x, event.clientX) - box.left;
        this.box.style.cssText = `display:block;left:${from}px;width:${Math.abs(event.clientX - grip.x)}px;top:${area.top}px;height:${area.height}px`;
        return;
      }
      const shift = ((grip.x - event.clientX) / this.area().width) * width;
      this.card.style.display = "none";
      this.move([a + shift, b + shift]);
    });
    const release = (event) => {
      if (!this.pointers.delete(event.pointerId) || !this.grip || this.pointers.size) return;
      const grip = this.grip;
      this.grip = null;
      if (event.type === "pointercancel") return;
      if (!grip.moved) return this.pick(this.near(event.clientX));
      if (!grip.box) return;
      this.box.style.display = "none";
      this.boxing = false;
      this.buildTools();
      const n = this.keep.last.length, ends = [this.placeAt(grip.x), this.placeAt(event.clientX)].sort((a, b) => a - b);
      const first = Math.max(0, Math.ceil(ends[0] - 0.5)), last = Math.min(n - 1, Math.floor(ends[1] + 0.5));
      if (last >= first) this.component.setTriggerValue("boxed", { first: first ? this.keep.last[first - 1] + 1 : this.payload.first, last: this.keep.last[last] });
    };
    stage.addEventListener("pointerup", release);
    stage.addEventListener("pointercancel", release);
    stage.addEventListener("pointerleave", () => { if (!this.pointers.size) this.leave(); });
    stage.addEventListener("dblclick", () => { if (this.keep) this.move(this.whole()); });
    stage.addEventListener("keydown", (event) => {
      if (!this.keep) return;
      const [a, b] = this.view, step = (b - a) * 0.25, now = this.selected === null ? null : this.placeOf(this.selected);
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        const forward = event.key === "ArrowRight", places = this.keep.places;
        const next = now === null ? places.at(-1) : forward ? places.find((p) => p > now) : places.findLast((p) => p < now);
        if (next !== undefined) { if (next < a || next > b) this.move([next - (b - a) / 2, next + (b - a) / 2]); this.pick(next); }
      } else if (event.key === "+" || event.key === "=") this.move([a + step, b - step]);
      else if (event.key === "-") this.move([a - step, b + step]);
      else if (event.key === "Escape") this.move(this.whole());
      else return;
      event.preventDefault();
    });
    this.watcher = new ResizeObserver(() => { clearTimeout(this.resized); this.resized = setTimeout(() => { if (this.keep) { this.draw(); this.leave(); } }, 60); });
    this.watcher.observe(stage);
  }

  spread() {
    const [p, q] = [...this.pointers.values()];
    return q ? Math.abs(p.x - q.x) : 0;
  }

  buildTools() {
    const { words } = this.payload, tool = (sign, label, action, pressed) => {
      const button = element("button", "nl-tool", this.tools, sign);
      button.type = "button";
      button.title = label;
      button.setAttribute("aria-label", label);
      if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
      button.onclick = action;
    };
    this.tools.replaceChildren();
    tool("▭", words.box, () => { this.boxing = !this.boxing; this.buildTools(); }, this.boxing);
    tool("＋", words.zoom_in, () => { const [a, b] = this.view, s = (b - a) * 0.25; this.move([a + s, b - s]); });
    tool("－", words.zoom_out, () => { const [a, b] = this.view, s = (b - a) * 0.5; this.move([a - s, b + s]); });
    tool("⤢", words.reset, () => this.move(this.whole()));
    tool("PNG", words.png, () => this.save());
  }

  save() {
    const link = element("a", "", document.body);
    link.href = this.painter.picture(this.payload.about, this.view, this.seen());
    link.download = this.payload.file + ".png";
    link.click();
    link.remove();
  }
}

// Streamlit calls this for every figure, and runs what a call returned when the call is overtaken, even after a newer one drew into the same
// place. So the chart goes only when its place has left the page.
export function mount(component, Painter) {
  const parent = component.parentElement;
  let chart = hosts.get(parent);
  if (!chart) {
    chart = new Kline(parent, Painter);
    hosts.set(parent, chart);
  }
  if (chart.root.parentElement !== parent) parent.appendChild(chart.root);
  chart.update(component).catch((error) => { chart.facts.textContent = String(error.message || error); });
  return () => setTimeout(() => { if (!parent.isConnected && hosts.delete(parent)) chart.dispose(); });
}
