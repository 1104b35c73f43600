// The sections of the report that are tables and choices, its head, and the start of it all.
//
// A section whose part of the JSON is empty says so, and its guide to reading goes.
"use strict";

/** From here on a run deserves a second look: the share of pairs that no rule gave, and of pairs wrong or not found. */
const MISSED_MUCH = 0.1;
const WRONG_MUCH = 0.1;

// 7. Patterns.

/** A level, coloured by what it is worth: a bit is a twentieth of the colour, at most half of it is taken. */
function levelCell(text, at) {
  const weight = report.comparisons[at]?.levels.find(({ agreement }) => agreement === text)?.weight ?? 0;
  const cell = element("td", { class: weight === 0 ? "heat none" : `heat ${weight < 0 ? "against" : "for"}` }, text);
  cell.style.setProperty("--much", `${Math.min(50, 5 * Math.abs(weight))}%`);
  return cell;
}

function patterns(given) {
  const heads = ["pairs", "in one cluster", "bits", ...report.comparisons.map(({ column }) => column)];
  const row = one => [count(one.pairs), count(one.inside), signed(one.weight), ...one.levels.map(levelCell)];
  return panel(table("Patterns", heads, given.map(row), { words: 0 }));
}

// 8. Pairs, explained.

/** The sum of a pair step by step: a name, its bits, what was compared, a colour, and where the sum stands. */
function stepsOf({ prior, weight, parts }) {
  const terms = [{ text: "before looking", bits: prior, said: "what is believed of any two records", tone: "rest" }];
  for (const { column, left, right, agreement, weight: bits, rarity } of parts) {
    terms.push({ text: column, bits, said: `${left || "–"} / ${right || "–"}: ${agreement}` });
    if (rarity) terms.push({ text: `${column}, how rare`, bits: rarity, said: "how rare the text is that agrees" });
  }
  let sum = 0;
  const steps = terms.map(term => ({ ...term, from: sum, to: (sum += term.bits ?? 0) }));
  return [...steps, { text: "weight", bits: weight, said: "the sum", tone: "calm", from: 0, to: weight }];
}

function waterfall(pair) {
  const steps = stepsOf(pair);
  const tones = steps.map(({ tone, bits }) => colour(tone ?? (bits < 0 ? "against" : "for")));
  const ends = steps.map(({ bits, to }) => ({ value: to, text: signed(bits), isLeft: bits < 0 }));
  return lying(
    steps.map(({ text }) => text),
    {
      datasets: [
        bars(
          "bits",
          steps.map(({ from, to }) => [from, to]),
          "for",
          { backgroundColor: tones, minBarLength: 1 },
        ),
      ],
      x: linear("bits", roomy(steps.map(({ to }) => to))),
      label: ({ dataIndex: at }) => [
        `${signed(steps[at].bits)} bits, the sum is ${signed(steps[at].to)}`,
        ...wrapped(steps[at].said, 44),
      ],
      plugins: [marked(allMarks), labelled(ends)],
      top: 36,
    },
  );
}

function partsTable({ a, b, parts }) {
  const heads = ["column", a, b, "agreement", "bits", "for rarity"];
  const texts = one => [one.column, one.left || "–", one.right || "–", one.agreement];
  const rows = parts.map(one => [...texts(one), signed(one.weight), one.rarity ? signed(one.rarity) : "–"]);
  const folded = fold(`Parts of the weight of ${a} and ${b}`, heads, rows, { words: 4 });
  folded.open = true;
  return folded;
}

function pairPanel(pair) {
  const names = `${pair.a} and ${pair.b}`;
  const place = pair.same_cluster ? "They are in one cluster." : "They are in different clusters.";
  const likely = `a probability of ${percent(pair.probability)}`;
  const said = paragraph("note", `The weight is ${signed(pair.weight)} bits, ${likely}. ${place}`);
  const height = () =>
    heightFor(
      stepsOf(pair).map(({ text }) => text),
      90,
    );
  const { box } = chart(`Sum of the weights of ${names}`, () => waterfall(pair), height);
  const whole = panel(element("h3", {}, names), paragraph("meta", pair.why), said, box, partsTable(pair));
  whole.classList.add("pair");
  return whole;
}

function pairs(given) {
  const panels = given.map(pairPanel);
  const option = ({ why, a, b }, at) => element("option", { value: at }, `${at + 1}. ${why}: ${a} and ${b}`);
  const select = element("select", { id: "pair", autocomplete: "off" }, given.map(option));
  const choose = step => {
    select.selectedIndex = (select.selectedIndex + step + given.length) % given.length;
    panels.forEach((one, at) => (one.hidden = at !== select.selectedIndex));
  };
  const show = step => {
    choose(step);
    charts.filter(({ canvas }) => canvas.closest(".pair")).forEach(draw);
  };
  const button = (text, step) => {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", () => show(step));
    return made;
  };
  select.addEventListener("change", () => show(0));
  choose(0);
  const label = element("label", { for: "pair" }, "Pair");
  const choice = [label, select, button("Previous", -1), button("Next", 1)];
  return [element("div", { class: "choice" }, choice), ...panels];
}

// The head.

/** The quality of the clusters; what cannot be said is no number. */
function qualityNow() {
  const { precision, recall, measured } = report.quality;
  return { precision: precision ?? NaN, recall: recall ?? NaN, how: measured ? "measured" : "expected" };
}

function worries() {
  const { precision, recall, how } = qualityNow();
  const found = [];
  if (report.malformed > 0) found.push(`${plural(report.malformed, "line")} could not be read.`);
  if (report.missed > MISSED_MUCH) {
    found.push(`Blocking misses much: no rule gave ${percent(report.missed)} of the pairs inside clusters.`);
  }
  const [wrong, apart] = how === "measured" ? ["are wrong", "stand apart"] : ["are likely wrong", "likely stand apart"];
  if (1 - precision > WRONG_MUCH) found.push(`${percent(1 - precision)} of the pairs put together ${wrong}.`);
  if (1 - recall > WRONG_MUCH) found.push(`${percent(1 - recall)} of the pairs that belong together ${apart}.`);
  return found;
}

function verdict() {
  const { records, clusters, duplicated, largest } = report;
  if (records === 0) return ["Nothing was read", "The file holds no record."];
  if (records === clusters) return ["Nothing was grouped", `${plural(records, "record")}, each alone.`];
  const several = `${count(duplicated)} ${duplicated === 1 ? "has" : "have"} more than one record`;
  return [
    `${plural(records, "record")} are ${plural(clusters, "thing")}`,
    `${several}; the largest has ${count(largest)}.`,
  ];
}

function tiles() {
  const { records, malformed, clusters, duplicated, compared, all_pairs: all, missed, prior } = report;
  const { precision, recall, how } = qualityNow();
  return [
    ["Records", count(records), malformed > 0 ? `${plural(malformed, "line")} not read` : "every line was read"],
    ["Clusters", count(clusters), `${count(duplicated)} of more than one record`],
    ["Pairs compared", count(compared), `${percent(compared / all)} of all pairs`],
    ["Missed by blocking", percent(missed), "of the pairs inside clusters"],
    ["Prior", `${signed(prior.bits)} bits`, `1 in ${count(1 / prior.probability)} pairs matches`],
    [
      "Threshold",
      `${plain(report.threshold)} bits`,
      report.threshold_chosen ? "chosen from the data" : "stated by the model",
    ],
    [`Precision, ${how}`, percent(precision), "of the pairs put together are right"],
    [`Recall, ${how}`, percent(recall), "of the right pairs were put together"],
  ];
}

function head() {
  const [headline, detail] = verdict();
  const doubts = worries();
  const box = document.getElementById("head");
  box.hidden = false;
  box.classList.toggle("warn", doubts.length > 0 || report.records === 0);
  const eyebrow = paragraph("eyebrow", `${report.file} · model ${report.model}`);
  const leads = [paragraph("lead", detail), ...doubts.map(doubt => paragraph("lead doubt-text", doubt))];
  box.querySelector(".said").append(eyebrow, element("h1", {}, headline), ...leads);
  const isKnown = ([, value]) => !value.startsWith("–");
  const tile = ([name, value, note]) =>
    element("div", { class: "tile" }, element("dt", {}, name), element("dd", {}, value, element("small", {}, note)));
  box.querySelector(".tiles").append(...tiles().filter(isKnown).map(tile));
  document.getElementById("program").textContent = report.program;
}

// The start.

function fill(id, given, build) {
  const section = document.getElementById(id);
  const box = section.querySelector(".fill");
  if (given.length > 0) return box.append(...[build(given)].flat());
  section.querySelectorAll(".how, .views").forEach(node => node.remove());
  return box.append(paragraph("empty", box.dataset.empty));
}

/** Draws everything as it will be on paper, or as it was. */
function paper(isOn) {
  root.classList.toggle("paper", isOn);
  drawAll();
}

head();
fill("worth", report.comparisons, worth);
fill("weights", report.weights, weights);
fill("threshold", report.thresholds, thresholds);
fill("unlinkable", report.unlinkable, unlinkable);
fill("blocking", report.blocking.rules, blocking);
fill("sizes", report.sizes, sizes);
fill("patterns", report.patterns, patterns);
fill("pairs", report.pairs, pairs);
if (report.pairs.length === 0) document.getElementById("values").remove();
drawAll();
isNarrow.addEventListener("change", drawAll);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
window.addEventListener("beforeprint", () => paper(true));
window.addEventListener("afterprint", () => paper(false));
