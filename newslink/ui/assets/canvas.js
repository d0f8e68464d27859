// Figure dictionaries and a view in, pixels out: candles, bars, lines and markers of the K-line on one canvas, each pane scaled to what is visible.
//
// What the same figure looks like elsewhere (HTML export) is plotly's business; here a step of the wheel has to cost milliseconds.

const RIGHT = 58, LEFT = 4, TOP = 6, BOTTOM = 20, GAP = 8;
const isNumber = (value) => value !== null && value !== undefined;

function niceStep(span, most) {
  const raw = span / Math.max(most, 1), size = 10 ** Math.floor(Math.log10(raw)), share = raw / size;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * size;
}

function ticks(low, high, most) {
  if (!(high > low)) return [];
  const step = niceStep(high - low, most), out = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) out.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return out;
}

function logTicks(low, high, most) {
  const out = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of [1, 1.5, 2, 3, 5, 7]) { const value = digit * 10 ** power; if (value >= low && value <= high) out.push(value); }
  return out.length < 2 ? ticks(low, high, most) : out;
}

function shortNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e8) return +(value / 1e8).toFixed(2) + "亿";
  if (size >= 1e4) return +(value / 1e4).toFixed(1) + "万";
  return String(+value.toFixed(size < 10 ? 2 : 1));
}

function westernNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return +(value / 1e9).toFixed(2) + "B";
  if (size >= 1e6) return +(value / 1e6).toFixed(1) + "M";
  if (size >= 1e4) return +(value / 1e3).toFixed(0) + "K";
  return String(+value.toFixed(size < 10 ? 2 : 1));
}

const SHAPES = {
  circle: (c, x, y, r) => c.arc(x, y, r, 0, Math.PI * 2),
  diamond: (c, x, y, r) => polygon(c, x, y, r * 1.2, 4, 0),
  square: (c, x, y, r) => c.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  hexagon: (c, x, y, r) => polygon(c, x, y, r * 1.05, 6, 0),
  "triangle-down": (c, x, y, r) => polygon(c, x, y, r * 1.25, 3, Math.PI),
  "triangle-up": (c, x, y, r) => polygon(c, x, y, r * 1.25, 3, 0),
  star: (c, x, y, r) => { for (let i = 0; i < 10; i++) { const a = (i * Math.PI) / 5, d = i % 2 ? r * 0.6 : r * 1.25; c[i ? "lineTo" : "moveTo"](x + d * Math.sin(a), y - d * Math.cos(a)); } c.closePath(); },
};

function polygon(c, x, y, r, corners, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = turn + (i * 2 * Math.PI) / corners;
    c[i ? "lineTo" : "moveTo"](x + r * Math.sin(angle), y - r * Math.cos(angle));
  }
  c.closePath();
}

export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.area = { left: LEFT, top: TOP, width: 1, height: 1 };
  }

  // titles: pane → what stands in its corner; empty: what is said where there are no prices.
  take(figure, keep, titles) {
    this.figure = figure;
    this.keep = keep;
    this.titles = titles;
    const layout = figure.layout;
    this.colours = { paper: layout.paper_bgcolor, text: layout.font.color, grid: layout.xaxis.gridcolor, faint: layout.xaxis.tickfont.color };
    this.font = layout.font.family;
    this.log = layout.yaxis.type === "log";
    this.short = /[\u4e00-\u9fff]/.test(keep.candle.name) ? shortNumber : westernNumber;
    const { close } = keep.candle;
    this.digits = (close.findLast(isNumber) ?? 10) < 2 ? 3 : 2;
  }

  draw(view, seen, canvas = this.canvas, top = 0) {
    const width = canvas.clientWidth || canvas.width, height = canvas.clientHeight || canvas.height, ratio = window.devicePixelRatio || 1;
    if (canvas === this.canvas && (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio))) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const c = canvas.getContext("2d");
    if (canvas === this.canvas) c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.colours.paper;
    c.fillRect(0, top ? 0 : 0, width, height);
    const area = { left: LEFT, top: TOP + top, width: Math.max(width - LEFT - RIGHT, 10), height: Math.max(height - TOP - BOTTOM - top, 10) };
    if (canvas === this.canvas) this.area = area;
    const step = area.width / (view[1] - view[0]), x = (place) => area.left + (place - view[0]) * step;
    this.panes = this.layPanes(area, seen);
    this.grid(c, area, x, seen);
    for (const pane of this.panes) this.pane(c, pane, area, x, step, seen);
    this.lastPrice(c, area);
  }

  layPanes(area, [a, b]) {
    const out = [];
    for (const [name, axis] of Object.entries(this.figure.layout)) {
      if (!/^yaxis\d*$/.test(name) || !axis.domain) continue;
      const id = "y" + name.slice(5), top = area.top + (1 - axis.domain[1]) * area.height, bottom = area.top + (1 - axis.domain[0]) * area.height;
      out.push({ id, top, bottom, ...this.range(id, a, b) });
    }
    for (const pane of out) {
      const log = pane.log, low = log ? Math.log10(pane.low) : pane.low, high = log ? Math.log10(pane.high) : pane.high;
      const span = high - low || 1, height = pane.bottom - pane.top;
      pane.y = (value) => pane.bottom - (((log ? Math.log10(value) : value) - low) / span) * height;
      pane.value = (y) => { const at = low + ((pane.bottom - y) / height) * span; return log ? 10 ** at : at; };
    }
    return out;
  }

  range(id, a, b) {
    const { candle, bars, lines } = this.keep;
    let low = Infinity, high = -Infinity;
    const reach = (value) => { if (isNumber(value)) { if (value < low) low = value; if (value > high) high = value; } };
    if (id === "y") {
      for (let i = a; i <= b; i++) { reach(candle.low[i]); reach(candle.high[i]); }
      if (high !== -Infinity) for (const line of lines) if (line.meta === "benchmark") for (let i = a; i <= b; i++) reach(line.y[i]);
      if (high === -Infinity) return { low: 0, high: 1, log: false, empty: true };
      if (this.log && low > 0) { const room = (high / low || 1.02) ** 0.06; return { low: low / room, high: high * room * room * 1.005, log: true }; }
      const room = high - low || high * 0.02;
      return { low: low - room * 0.05, high: high + room * 0.2, log: false };
    }
    for (const trace of [...bars, ...lines]) if (trace.yaxis === id) for (let i = a; i <= b; i++) reach(trace.y[i]);
    if (high === -Infinity) return { low: 0, high: 1, empty: true };
    if (id === "y2" || id === "y3") return { low: 0, high: high * 1.05 || 1 };
    const room = (high - low || 1) * 0.06;
    return { low: low - room, high: high + room };
  }

  grid(c, area, x, [a, b]) {
    const { labels } = this.keep, wide = 92, step = Math.max(1, Math.ceil((b - a + 1) / Math.max(2, Math.floor(area.width / wide))));
    c.font = `11px ${this.font}`;
    c.lineWidth = 1;
    c.strokeStyle = this.colours.grid;
    c.fillStyle = this.colours.faint;
    c.textAlign = "center";
    c.textBaseline = "top";
    c.beginPath();
    for (let i = b - Math.floor(step / 2); i >= a; i -= step) {
      const at = Math.round(x(i)) + 0.5;
      if (at < area.left || at > area.left + area.width) continue;
      c.moveTo(at, area.top);
      c.lineTo(at, area.top + area.height);
      const half = c.measureText(labels[i]).width / 2;
      c.fillText(labels[i], Math.min(Math.max(at, area.left + half), area.left + area.width + RIGHT - half - 2), area.top + area.height + 5);
    }
    c.stroke();
  }

  pane(c, pane, area, x, step, [a, b]) {
    const { candle, bars, lines } = this.keep, right = area.left + area.width;
    c.strokeStyle = this.colours.grid;
    c.beginPath();
    c.moveTo(area.left, Math.round(pane.bottom) + 0.5);
    c.lineTo(right, Math.round(pane.bottom) + 0.5);
    c.textAlign = "left";
    c.textBaseline = "middle";
    c.fillStyle = this.colours.faint;
    if (pane.id !== "y3" && !pane.empty) {
      const most = Math.max(2, Math.floor((pane.bottom - pane.top) / 46));
      for (const value of pane.log ? logTicks(pane.low, pane.high, most) : ticks(pane.low, pane.high, most)) {
        const y = Math.round(pane.y(value)) + 0.5;
        if (y < pane.top + 5 || y > pane.bottom - 4) continue;
        if (pane.id === "y") { c.moveTo(area.left, y); c.lineTo(right, y); }
        c.fillText(pane.id === "y" ? this.price(value) : this.short(value), right + 5, y);
      }
    }
    c.stroke();
    c.save();
    c.beginPath();
    c.rect(area.left, pane.top, area.width, pane.bottom - pane.top + 1);
    c.clip();
    const half = Math.max(step * 0.34, 0.5), zero = Math.min(Math.max(pane.y(0) || pane.bottom, pane.top), pane.bottom);
    for (const trace of bars) {
      if (trace.yaxis !== pane.id) continue;
      c.fillStyle = trace.marker.color;
      c.globalAlpha = trace.marker.opacity ?? 1;
      c.beginPath();
      for (let i = a; i <= b; i++) {
        const value = trace.y[i];
        if (!value) continue;
        const y = pane.y(value);
        c.rect(x(i) - half, Math.min(y, zero), half * 2, Math.max(Math.abs(zero - y), 1));
      }
      c.fill();
      c.globalAlpha = 1;
    }
    if (pane.id === "y") this.candles(c, pane, x, step, candle, a, b);
    for (const trace of lines) {
      if (trace.yaxis !== pane.id) continue;
      c.strokeStyle = trace.line.color;
      c.lineWidth = trace.line.width;
      c.setLineDash(trace.line.dash === "dash" ? [5, 4] : trace.line.dash === "dot" ? [2, 3] : []);
      c.beginPath();
      let open = false;
      for (let i = Math.max(0, a - 1); i <= Math.min(b + 1, trace.y.length - 1); i++) {
        const value = trace.y[i];
        if (!isNumber(value)) { open = false; continue; }
        c[open ? "lineTo" : "moveTo"](x(i), pane.y(value));
        open = true;
      }
      c.stroke();
      c.setLineDash([]);
    }
    if (this.titles[pane.id]) { c.font = `10px ${this.font}`; c.fillStyle = this.colours.faint; c.textBaseline = "top"; c.strokeStyle = this.colours.paper; c.lineWidth = 3; c.strokeText(this.titles[pane.id], area.left + 4, pane.top + 3); c.fillText(this.titles[pane.id], area.left + 4, pane.top + 3); c.font = `11px ${this.font}`; }
    if (pane.id === "y" && pane.empty) { c.fillStyle = this.colours.faint; c.textAlign = "center"; c.font = `14px ${this.font}`; c.fillText(this.titles.empty, area.left + area.width / 2, (pane.top + pane.bottom) / 2); c.font = `11px ${this.font}`; }
    c.restore();
    if (pane.id === "y") this.markers(c, pane, area, x, step, a, b);
  }

  candles(c, pane, x, step, { open, high, low, close, increasing, decreasing }, a, b) {
    const width = Math.max(1, Math.floor(step * 0.68)), half = width / 2, thin = step < 3;
    c.lineWidth = 1;
    for (const rising of [true, false]) {
      const style = rising ? increasing : decreasing;
      c.strokeStyle = style.line.color;
      c.fillStyle = rising ? this.colours.paper : style.fillcolor;
      c.beginPath();
      const bodies = [];
      for (let i = a; i <= b; i++) {
        if (!isNumber(close[i]) || close[i] >= open[i] !== rising) continue;
        const middle = Math.round(x(i)) + 0.5, top = pane.y(Math.max(open[i], close[i])), bottom = pane.y(Math.min(open[i], close[i]));
        c.moveTo(middle, pane.y(high[i]));
        c.lineTo(middle, thin ? pane.y(low[i]) : top);
        if (!thin) { c.moveTo(middle, bottom); c.lineTo(middle, pane.y(low[i])); bodies.push([middle - half, top, bottom]); }
      }
      c.stroke();
      c.beginPath();
      for (const [left, top, bottom] of bodies) c.rect(Math.round(left) + 0.5, Math.round(top) + 0.5, width - (width > 1 ? 1 : 0), Math.max(Math.round(bottom - top), 0.01));
      if (!rising) c.fill();
      c.stroke();
    }
  }

  // A fixed distance in pixels above the high, whatever the zoom; one that would cover its neighbour stands above it. When places are narrow
  // the badges shrink and give way to dots, which may touch.
  markers(c, pane, area, x, step, a, b) {
    const { high } = this.keep.candle, shown = this.keep.places.filter((place) => place >= a && place <= b).length;
    const small = Math.min(1, Math.max(0.45, area.width / Math.max(shown, 1) / 20)), spots = [];
    for (const { at, trace } of this.keep.markers) {
      for (let i = 0; i < at.length; i++) {
        const where = at[i], radius = Math.max((trace.marker.size[i] / 2) * small, 3), middle = x(where);
        if (where < a || where > b || middle < area.left - radius || middle > area.left + area.width + radius) continue;
        const y = pane.empty ? pane.bottom - 20 : pane.y(this.near(high, where)) - radius - 5;
        spots.push({ where, middle, radius, y: Math.max(y, pane.top + radius), trace, text: trace.text[i] });
      }
    }
    spots.sort((one, other) => one.where - other.where);
    if (small === 1) this.stack(spots, pane.top);
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.lineWidth = 1;
    c.strokeStyle = this.colours.paper;
    for (const { middle, radius, y, trace, text } of spots) {
      c.beginPath();
      (SHAPES[trace.marker.symbol] || SHAPES.circle)(c, middle, y, radius);
      c.fillStyle = trace.marker.color;
      c.fill();
      c.stroke();
      if (text && radius > 6) {
        c.fillStyle = "#ffffff";
        c.font = `600 ${radius > 9 ? 10 : 9}px ${this.font}`;
        c.fillText(text, middle, y + 0.5);
      }
    }
    c.font = `11px ${this.font}`;
    this.spots = spots;
  }

  stack(spots, top) {
    for (let i = 1; i < spots.length; i++) {
      const spot = spots[i];
      for (let turn = 0; turn < 4; turn++) {
        let under = null;
        for (let j = i - 1; j >= 0 && spot.middle - spots[j].middle < 60; j--) {
          const apart = spot.radius + spots[j].radius + 1;
          if (spot.middle - spots[j].middle < apart && Math.abs(spot.y - spots[j].y) < apart * 0.85) { under = spots[j]; break; }
        }
        if (!under) break;
        const y = under.y - (spot.radius + under.radius + 1);
        if (y < top + spot.radius) break; // no room: better covered than away from its day
        spot.y = y;
      }
    }
  }

  near(high, place) {
    for (let i = place; i >= 0; i--) if (isNumber(high[i])) return high[i];
    return high.find(isNumber) ?? 1;
  }

  lastPrice(c, area) {
    const pane = this.panes.find((one) => one.id === "y"), { close, open, increasing, decreasing } = this.keep.candle;
    let at = close.length - 1;
    while (at >= 0 && !isNumber(close[at])) at--;
    if (at < 0 || !pane || pane.empty) return;
    const y = pane.y(close[at]), right = area.left + area.width;
    if (y < pane.top || y > pane.bottom) return;
    c.strokeStyle = c.fillStyle = close[at] >= open[at] ? increasing.line.color : decreasing.line.color;
    c.setLineDash([2, 3]);
    c.beginPath();
    c.moveTo(area.left, Math.round(y) + 0.5);
    c.lineTo(right, Math.round(y) + 0.5);
    c.stroke();
    c.setLineDash([]);
    c.fillRect(right + 1, y - 8, RIGHT - 2, 16);
    c.fillStyle = "#ffffff";
    c.textAlign = "left";
    c.textBaseline = "middle";
    c.fillText(this.price(close[at]), right + 5, y + 0.5);
  }

  price(value) { return value.toFixed(this.digits); }

  valueAt(y) { // what the crosshair's level says
    const pane = this.panes?.find((one) => y >= one.top && y <= one.bottom);
    return !pane || pane.empty || pane.id === "y3" ? "" : pane.id === "y" ? this.price(pane.value(y)) : this.short(pane.value(y));
  }

  // A picture to take away, with what it shows in words on top.
  picture(about, view, seen) {
    const canvas = document.createElement("canvas"), lines = about.split("\n"), head = 16 + 20 * lines.length, c = canvas.getContext("2d"), kept = [this.panes, this.spots];
    canvas.width = 1600 * 1.5;
    canvas.height = 900 * 1.5;
    c.scale(1.5, 1.5);
    Object.defineProperties(canvas, { clientWidth: { value: 1600 }, clientHeight: { value: 900 } });
    this.draw(view, seen, canvas, head);
    c.textAlign = "left";
    c.textBaseline = "top";
    lines.forEach((line, i) => { c.fillStyle = i ? this.colours.faint : this.colours.text; c.font = `${i ? 12 : "600 15"}px ${this.font}`; c.fillText(line, 12, 10 + 20 * i, 1570); });
    [this.panes, this.spots] = kept;
    return canvas.toDataURL("image/png");
  }
}
