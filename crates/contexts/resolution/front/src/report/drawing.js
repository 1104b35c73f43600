// What the report is made of: numbers in words, elements, charts. `charts.js` and `page.js` follow in the same script.
//
// Texts of the JSON come from people's files. They reach the page as text nodes and attributes only, never as markup.
// A number that is missing or null is shown as a dash. Absent on purpose: requests, storage, animation.
"use strict";

const report = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const isNarrow = window.matchMedia("(max-width: 760px)");
const isSmall = () => isNarrow.matches || root.classList.contains("paper");

// Words and numbers.

const written = (value, format) => (Number.isFinite(value) ? value.toLocaleString("en-US", format) : "–");
const count = value => written(value, { maximumFractionDigits: 0 });
const brief = value => written(value, { notation: "compact" });
const plural = (value, noun, nouns = `${noun}s`) => `${count(value)} ${value === 1 ? noun : nouns}`;
const plain = value => written(value, { maximumFractionDigits: 1, signDisplay: "negative" });
const signed = value =>
  written(value, { maximumFractionDigits: 1, minimumFractionDigits: 1, signDisplay: "exceptZero" });
const ratio = value => written(value, { maximumFractionDigits: 3, minimumFractionDigits: 3 });

/** A probability to three digits. */
function odds(value) {
  return value > 0 && value < 1e-5 ? value.toExponential(1) : written(value, { maximumSignificantDigits: 3 });
}

/** A power of ten in few letters. */
const power = value => (value < 0.001 ? value.toExponential(0) : String(value));

/** A share in per cent; one that is nearly nothing or nearly all is not rounded to 0 or 100. */
function percent(value) {
  if (value > 0 && value < 0.001) return "less than 0.1 %";
  if (value < 1 && value > 0.999) return "more than 99.9 %";
  return Number.isFinite(value) ? `${plain(100 * value)} %` : "–";
}

/** The one whose `key` is nearest to a value. */
function nearest(all, key, value) {
  const off = one => Math.abs(one[key] - value);
  return all.reduce((best, one) => (off(one) < off(best) ? one : best), all[0]);
}

// Elements.

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.flat());
  return node;
}

const paragraph = (style, text) => element("p", { class: style }, text);
const panel = (...content) => element("article", { class: "panel" }, ...content);

/** A table in a box that scrolls. The first `words` columns hold words, the others numbers; row `now` stands out. */
function table(label, heads, rows, { words = 1, now = -1 } = {}) {
  const style = at => (at < words ? {} : { class: "num" });
  const names = element("tr", {}, ...heads.map((text, at) => element("th", { scope: "col", ...style(at) }, text)));
  const cell = (value, at) => {
    if (value instanceof Element) return value;
    return at === 0 ? element("th", { scope: "row", ...style(at) }, value) : element("td", style(at), value);
  };
  const line = (row, at) => element("tr", at === now ? { class: "now" } : {}, row.map(cell));
  const caption = element("caption", { class: "visually-hidden" }, label);
  const whole = element("table", {}, caption, element("thead", {}, names), element("tbody", {}, rows.map(line)));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, whole);
}

/** A table that is folded away below its chart. */
function fold(...given) {
  return element("details", { class: "fold" }, element("summary", {}, "The numbers as a table"), table(...given));
}

/** What the colours mean: colour, form and text of each. With `toggle`, a click shows or hides what the text names. */
function legend(entries, toggle) {
  const items = entries.map(([tone, form, text, shown]) => {
    const swatch = element("i", { class: `swatch ${form}` });
    if (!toggle) return element("span", { class: tone }, swatch, text);
    const button = element("button", { type: "button", class: tone, "aria-pressed": shown }, swatch, text);
    button.addEventListener("click", () => button.setAttribute("aria-pressed", toggle(text)));
    return button;
  });
  return element("div", { class: "legend" }, items);
}

// Charts.

const charts = [];
const colour = tone => getComputedStyle(root).getPropertyValue(`--${tone}`).trim();

/** A chart in its box. Height and configuration are asked for at each drawing: colours and widths may have changed. */
function chart(label, configure, height = () => 340) {
  const hint = "The arrow keys go from value to value. The table that follows has the same numbers.";
  const canvas = element("canvas", { role: "img", tabindex: "0", "aria-label": `${label}. ${hint}` });
  const entry = { canvas, height, configure, drawn: null, box: element("div", { class: "chart" }, canvas) };
  canvas.addEventListener("keydown", event => walk(event, entry.drawn));
  canvas.addEventListener("blur", () => entry.drawn && point(entry.drawn, []));
  charts.push(entry);
  return entry;
}

/** Draws a chart anew, or not at all while it is hidden. */
function draw(entry) {
  entry.drawn?.destroy();
  entry.box.style.height = `${entry.height()}px`;
  entry.drawn = entry.canvas.offsetParent === null ? null : new Chart(entry.canvas, entry.configure());
}

function drawAll() {
  const { defaults } = Chart;
  defaults.animation = false;
  defaults.maintainAspectRatio = false;
  // On paper a dot of the screen is several dots.
  defaults.devicePixelRatio = Math.max(window.devicePixelRatio, root.classList.contains("paper") ? 3 : 1);
  defaults.color = colour("soft");
  defaults.borderColor = colour("line");
  defaults.font.family = getComputedStyle(document.body).fontFamily;
  defaults.plugins.legend.display = false;
  const text = { titleColor: colour("ink"), bodyColor: colour("ink"), footerColor: colour("ink") };
  const edge = { backgroundColor: colour("sheet"), borderColor: colour("rest"), borderWidth: 1, boxPadding: 4 };
  Object.assign(defaults.plugins.tooltip, text, edge, { footerFont: { weight: "normal" } });
  charts.forEach(draw);
}

/** Shows the tooltip of these values. */
function point(drawn, active) {
  drawn.setActiveElements(active);
  drawn.tooltip.setActiveElements(active, { x: 0, y: 0 });
  drawn.update();
}

/** Moves the tooltip with the arrow keys. */
function walk(event, drawn) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Escape: 0 }[event.key];
  if (step === undefined || !drawn) return;
  event.preventDefault();
  const { length } = drawn.data.datasets[0].data;
  const from = drawn.getActiveElements()[0]?.index ?? (step > 0 ? -1 : length);
  const index = (from + step + length) % length;
  const metas = step === 0 ? [] : drawn.getSortedVisibleDatasetMetas();
  point(
    drawn,
    metas.map(meta => ({ datasetIndex: meta.index, index })),
  );
}

/** Draws upright lines at values of the x axis, each with its text above. */
function marked(marks) {
  const mark = ({ ctx, chartArea: area, scales }, { value, text }, at) => {
    const x = scales.x.getPixelForValue(value);
    if (!(x >= area.left && x <= area.right)) return;
    const top = area.top - 15 * at;
    const isRight = x > (area.left + area.right) / 2;
    ctx.strokeStyle = ctx.fillStyle = colour("mark");
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 4]);
    ctx.stroke(new Path2D(`M${x} ${top - 12}V${area.bottom}`));
    ctx.font = `12px ${Chart.defaults.font.family}`;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = isRight ? "right" : "left";
    ctx.fillText(text, x + (isRight ? -5 : 5), top - 4);
  };
  const afterDatasetsDraw = drawn => {
    drawn.ctx.save();
    marks.forEach((one, at) => mark(drawn, one, at));
    drawn.ctx.restore();
  };
  return { id: "marked", afterDatasetsDraw };
}

/** Writes a text beside the end of each lying bar; to the left of it where the bar points there. */
function labelled(ends) {
  const afterDatasetsDraw = ({ ctx, scales }) => {
    ctx.save();
    ctx.font = `12px ${Chart.defaults.font.family}`;
    ctx.fillStyle = colour("ink");
    ctx.strokeStyle = colour("sheet");
    ctx.lineWidth = 3;
    ctx.textBaseline = "middle";
    ends.forEach(({ value, text, isLeft }, at) => {
      ctx.textAlign = isLeft ? "right" : "left";
      const [x, y] = [scales.x.getPixelForValue(value) + (isLeft ? -5 : 5), scales.y.getPixelForValue(at)];
      ctx.strokeText(text, x, y);
      ctx.fillText(text, x, y);
    });
    ctx.restore();
  };
  return { id: "labelled", afterDatasetsDraw };
}

/** A text in at most three lines of at most so many letters; by default such that fit beside a chart. */
function wrapped(text, most = isSmall() ? 18 : 27) {
  const lines = [""];
  for (const word of text.match(new RegExp(`\\S{1,${most}}`, "gu")) ?? []) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > most) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.length > 3 ? [...lines.slice(0, 2), `${lines[2].slice(0, most - 1)}…`] : lines;
}

/** A configuration of a chart. `title` is asked with the place of a value, `label` and `footer` with what is shown. */
function configured(type, { labels, datasets, x, y, title, label, footer, plugins = [], isLying = false, top = 0 }) {
  const callbacks = { title: ([first]) => (first ? title(first.dataIndex) : ""), label, footer };
  const options = {
    indexAxis: isLying ? "y" : "x",
    layout: { padding: { top } },
    interaction: { mode: "index", axis: isLying ? "y" : "x", intersect: false },
    scales: { x, y },
    plugins: { tooltip: { callbacks } },
  };
  return { type, data: { labels, datasets }, options, plugins };
}

/** Lying bars, one row for each text. */
function lying(texts, { x, isStacked = false, ...more }) {
  const ticks = { autoSkip: false, color: colour("ink") };
  // Charts one above the other are easily compared only where their bars begin at the same place.
  const afterFit = axis => (axis.width = Math.max(axis.width, isSmall() ? 130 : 200));
  const y = { stacked: isStacked, grid: { display: false }, ticks, afterFit };
  const title = at => wrapped(texts[at], 44);
  return configured("bar", {
    labels: texts.map(text => wrapped(text)),
    isLying: true,
    x: { stacked: isStacked, ...x },
    y,
    title,
    ...more,
  });
}

/** The span of a scale from the least to the most value, with room for the texts beside the bars. */
function roomy(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = (isSmall() ? 0.36 : 0.18) * (high - low || 1);
  return { min: low < 0 ? low - room : 0, max: high + room };
}

/** The height in pixels of lying bars with these texts. */
function heightFor(texts, extra = 62) {
  const lines = Math.max(...texts.map(text => wrapped(text).length));
  return extra + texts.length * Math.max(32, 14 * lines + 8);
}

const bars = (label, data, tone, more) => ({
  label,
  data,
  backgroundColor: colour(tone),
  maxBarThickness: 20,
  ...more,
});
const titled = (text, more) => ({ title: { display: true, text }, ...more });
const linear = (text, more) =>
  titled(text, { type: "linear", ticks: { callback: plain, includeBounds: false }, ...more });

/** A scale on which each line is ten times the one before. */
function tenfold(text, write, more) {
  const callback = value => (Number.isInteger(Math.log10(value)) ? write(value) : null);
  return titled(text, { type: "logarithmic", ticks: { callback }, ...more });
}
