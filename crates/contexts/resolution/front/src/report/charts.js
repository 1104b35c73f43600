// The sections of the report that are charts, each built from its part of the JSON with what `drawing.js` offers.
"use strict";

const thresholdMark = { value: report.threshold, text: `threshold ${plain(report.threshold)}` };
/** The weight from which on a pair is a link. Optional in the JSON. */
const linkMark = { value: report.link, text: `link ${plain(report.link)}` };
const isLinkKnown = Number.isFinite(report.link);
const allMarks = isLinkKnown ? [thresholdMark, linkMark] : [thresholdMark];

// 1. What each agreement is worth.

const allLevels = report.comparisons.flatMap(({ levels }) => levels);
const allWeights = allLevels.map(({ weight }) => weight).filter(Number.isFinite);
const allOdds = allLevels.flatMap(({ m, u }) => [m, u]).filter(value => value > 0);
const LEAST_ODDS = 10 ** Math.floor(Math.log10(Math.max(1e-12, Math.min(0.1, ...allOdds))));

const view = () => document.querySelector("input[name=view]:checked").value;

function weightBars({ levels }) {
  const tones = levels.map(({ weight }) => colour(weight < 0 ? "against" : "for"));
  const worths = levels.map(({ weight }) => weight);
  const ends = worths.map(weight => ({ value: weight ?? 0, text: signed(weight), isLeft: weight < 0 }));
  return lying(
    levels.map(({ agreement }) => agreement),
    {
      datasets: [bars("weight", worths, "for", { backgroundColor: tones })],
      x: linear("bits", roomy(allWeights)),
      label: ({ dataIndex: at }) => `${signed(worths[at])} bits, ${plural(levels[at].pairs, "pair")}`,
      plugins: [labelled(ends)],
    },
  );
}

function oddsBars({ levels }) {
  const at = name => levels.map(level => (Number.isFinite(level[name]) ? Math.max(level[name], LEAST_ODDS) : null));
  return lying(
    levels.map(({ agreement }) => agreement),
    {
      datasets: [bars("m", at("m"), "for"), bars("u", at("u"), "against")],
      x: tenfold("probability", power, { min: LEAST_ODDS, max: 1 }),
      label: ({ dataset, dataIndex }) => `${dataset.label} ${odds(levels[dataIndex][dataset.label])}`,
    },
  );
}

function comparisonPanel(comparison) {
  const { column, kind, filled, distinct, given = [], missing_pairs: missing, levels } = comparison;
  const about = [`kind ${kind}`, `${percent(filled)} filled`, `${count(distinct)} distinct`];
  if (missing > 0) about.push(`says nothing in ${plural(missing, "pair")}`);
  if (given.length > 0) about.push(`worth less where ${given.join(" or ")} agrees`);
  const meta = element(
    "p",
    { class: "meta" },
    about.map(text => element("span", {}, text)),
  );
  const height = () => heightFor(levels.map(({ agreement }) => agreement));
  const configure = () => (view() === "odds" ? oddsBars(comparison) : weightBars(comparison));
  const { box } = chart(`What agreement in ${column} is worth`, configure, height);
  const rows = levels.map(one => [one.agreement, signed(one.weight), odds(one.m), odds(one.u), count(one.pairs)]);
  return panel(element("h3", {}, column), meta, box, fold(column, ["agreement", "bits", "m", "u", "pairs"], rows));
}

function worth(comparisons) {
  const legends = {
    weight: [
      ["for", "", "speaks for a match"],
      ["against", "", "speaks against one"],
    ],
    odds: [
      ["for", "", "m, among pairs that match"],
      ["against", "", "u, among pairs that do not"],
    ],
  };
  const key = element("div", {});
  const choose = () => {
    document.querySelectorAll("[data-view]").forEach(node => (node.hidden = node.dataset.view !== view()));
    key.replaceChildren(legend(legends[view()]));
  };
  const show = () => {
    choose();
    charts.filter(({ canvas }) => canvas.closest("#worth")).forEach(draw);
  };
  document.querySelectorAll("input[name=view]").forEach(input => input.addEventListener("change", show));
  choose();
  return [key, element("div", { class: "grid" }, comparisons.map(comparisonPanel))];
}

// 2. Weights of the pairs compared.

const outsideOf = ({ pairs: all, inside }) => Math.max(0, all - inside);

/** The least and the most weight of the bins, so that the threshold is in between. */
function spanOf(bins) {
  const edges = [...bins.flatMap(({ from, to }) => [from, to]), report.threshold - 2, report.threshold + 2];
  return { min: Math.min(...edges), max: Math.max(...edges) };
}

function histogram(bins) {
  const middle = ({ from, to }) => (from + to) / 2;
  const inside = bins.map(bin => ({ x: middle(bin), y: bin.inside }));
  const outside = bins.map(bin => ({ x: middle(bin), y: outsideOf(bin) }));
  const wide = { maxBarThickness: undefined, barPercentage: 1, categoryPercentage: 0.94, grouped: false };
  return configured("bar", {
    datasets: [bars("in one cluster", inside, "for", wide), bars("in different clusters", outside, "rest", wide)],
    x: linear(["weight in bits, rarity not counted;", "the outer bars hold what lies beyond"], {
      stacked: true,
      grid: { display: false },
      ...spanOf(bins),
    }),
    y: tenfold("pairs", brief, { stacked: true, min: 0.5 }),
    title: at => `${plain(bins[at].from)} to ${plain(bins[at].to)} bits`,
    label: ({ dataset, raw }) => `${plural(raw.y, "pair")} ${dataset.label}`,
    plugins: [marked([thresholdMark])],
    top: 20,
  });
}

function weights(bins) {
  const heads = ["weight in bits", "pairs", "in one cluster", "in different clusters"];
  const row = one => [`${plain(one.from)} to ${plain(one.to)}`, ...[one.pairs, one.inside, outsideOf(one)].map(count)];
  return panel(
    legend([
      ["for", "", "in one cluster"],
      ["rest", "", "in different clusters"],
    ]),
    chart("Histogram of the weights of all pairs compared", () => histogram(bins)).box,
    fold("Pairs by weight", heads, bins.map(row)),
  );
}

// 3. Choosing a threshold.

const MEASURES = [
  { measure: "precision", tone: "for", pointStyle: "circle" },
  { measure: "recall", tone: "against", pointStyle: "triangle" },
  { measure: "f1", tone: "ink", pointStyle: "rect" },
];
const SOURCES = [
  { source: "expected", form: "dash", borderDash: [6, 4], of: one => one.expected },
  { source: "measured over pairs", form: "line", borderDash: [], of: one => one.measured?.pairwise },
  { source: "measured over records (B-cubed)", form: "dots", borderDash: [2, 3], of: one => one.measured?.b_cubed },
];

/** The lines that there are numbers for. */
function curvesOf(points) {
  const curve = (source, { measure, ...look }) => ({
    ...source,
    ...look,
    label: `${measure.replace("f1", "F1")}, ${source.source}`,
    values: points.map(one => source.of(one)?.[measure] ?? null),
    isHidden: source.form === "dots",
  });
  const curves = SOURCES.flatMap(source => MEASURES.map(measure => curve(source, measure)));
  return curves.filter(({ values }) => values.some(Number.isFinite));
}

function thresholdLines(points, curves) {
  const line = ({ label, tone, borderDash, pointStyle, values, isHidden }) => ({
    label,
    borderDash,
    pointStyle,
    hidden: isHidden,
    data: values.map((y, at) => ({ x: points[at].threshold, y })),
    borderColor: colour(tone),
    backgroundColor: colour(tone),
    borderWidth: 2,
    clip: 6,
  });
  const clusters = ({ clusters: all, duplicated }) =>
    `${plural(all, "cluster")}, ${count(duplicated)} of more than one record`;
  return configured("line", {
    datasets: curves.map(line),
    x: linear("threshold in bits", { min: points[0].threshold - 0.25, max: points.at(-1).threshold + 0.25 }),
    y: { max: 1, suggestedMin: 0.5 },
    title: at => `threshold ${plain(points[at].threshold)} bits`,
    label: ({ dataset, parsed }) => `${ratio(parsed.y)} ${dataset.label}`,
    footer: ([first]) => (first ? clusters(points[first.dataIndex]) : ""),
    plugins: [marked([thresholdMark])],
    top: 20,
  });
}

function thresholdTable(points, curves) {
  const heads = ["threshold", "clusters", "of more than one record", ...curves.map(({ label }) => label)];
  const row = (one, at) => [
    ...[plain(one.threshold), count(one.clusters), count(one.duplicated)],
    ...curves.map(({ values }) => ratio(values[at])),
  ];
  const now = points.findIndex(({ threshold }) => threshold === report.threshold);
  return fold("Thresholds", heads, points.map(row), { now });
}

function thresholds(points) {
  const curves = curvesOf(points);
  const entry = chart("Precision, recall and F1 over the threshold", () => thresholdLines(points, curves));
  const toggle = text => {
    const curve = curves.find(({ label }) => label === text);
    curve.isHidden = !curve.isHidden;
    draw(entry);
    return !curve.isHidden;
  };
  const chosen = report.threshold_chosen ? "was chosen from the data" : "is the one that the model states";
  return panel(
    paragraph("note", `The threshold of ${plain(report.threshold)} bits ${chosen}.`),
    legend(
      curves.map(({ label, tone, form, isHidden }) => [tone, form, label, !isHidden]),
      toggle,
    ),
    entry.box,
    thresholdTable(points, curves),
  );
}

// 4. Records that cannot be linked.

function unlinkableCurve(points) {
  const data = points.map(({ weight, share }) => ({ x: weight, y: share }));
  const look = { fill: "origin", pointRadius: 2, borderColor: colour("for"), backgroundColor: `${colour("for")}2e` };
  return configured("line", {
    datasets: [{ label: "records", data, ...look }],
    x: linear("weight in bits", { suggestedMin: report.threshold - 1 }),
    y: titled("records", { min: 0, suggestedMax: 0.05, ticks: { callback: percent } }),
    title: at => `${plain(points[at].weight)} bits, probability ${percent(points[at].probability)}`,
    label: ({ parsed }) => `${percent(parsed.y)} of the records cannot reach it`,
    plugins: [marked(allMarks)],
    top: 36,
  });
}

function unlinkable(points) {
  const bar = isLinkKnown ? report.link : report.threshold;
  // Below the first weight there is nobody.
  const share = points.findLast(({ weight }) => weight <= bar)?.share ?? 0;
  const all = `Every record can reach ${plain(bar)} bits.`;
  const rows = points.map(one => [plain(one.weight), percent(one.probability), percent(one.share)]);
  return panel(
    paragraph("note", share > 0 ? `${plain(bar)} bits are out of reach for ${percent(share)} of the records.` : all),
    chart("Share of records that cannot reach a weight", () => unlinkableCurve(points)).box,
    fold("Records that cannot be linked", ["weight in bits", "probability", "records that cannot reach it"], rows),
  );
}

// 5. Blocking.

const named = ({ rule }, at) => `${at + 1}. ${rule}`;

function rulePairs(rules) {
  const fresh = rules.map(one => one.new);
  const again = rules.map(one => one.pairs - one.new);
  return lying(rules.map(named), {
    datasets: [bars("new", fresh, "for"), bars("given before", again, "rest")],
    x: titled("pairs", { ticks: { callback: brief } }),
    label: ({ dataset, raw }) => `${plural(raw, "pair")} ${dataset.label}`,
    isStacked: true,
  });
}

function ruleMatches(rules) {
  let found = 0;
  const steps = rules.map(one => [found, (found += one.new_matches)]);
  // Rounded down: 100 % is all of them.
  const share = end => (found > 0 ? `${plain(Math.floor((1000 * end) / found) / 10)} %` : "");
  const label = ({ dataIndex: at }) => [
    `gives ${plural(rules[at].matches, "match", "matches")}, ${count(rules[at].new_matches)} of them new`,
    `${count(steps[at][1])} found up to here`,
  ];
  return lying(rules.map(named), {
    datasets: [bars("matches", steps, "for", { minBarLength: 2 })],
    x: titled("matches found so far", { ...roomy([found]), ticks: { callback: brief, includeBounds: false } }),
    label,
    plugins: [labelled(steps.map(([, end]) => ({ value: end, text: share(end), isLeft: false })))],
  });
}

function blocking(rules) {
  const heads = ["rule", "pairs", "new", "matches", "new matches", "blocks too large", "pairs in them"];
  const keys = ["pairs", "new", "matches", "new_matches", "oversized", "oversized_pairs"];
  const rows = rules.map((one, at) => [named(one, at), ...keys.map(key => count(one[key]))]);
  const height = () => heightFor(rules.map(named));
  const pairsPanel = panel(
    element("h3", {}, "Pairs that each rule gives"),
    legend([
      ["for", "", "new"],
      ["rest", "", "given by a rule before it"],
    ]),
    chart("Pairs that each blocking rule gives", () => rulePairs(rules), height).box,
  );
  const matchesPanel = panel(
    element("h3", {}, "Matches found, rule by rule"),
    paragraph("meta", "A match is here a pair that ended in one cluster."),
    chart("Matches found by the blocking rules one after the other", () => ruleMatches(rules), height).box,
  );
  const all = "Every pair was compared, whatever the rules. They are shown for what they would have given.";
  const note = report.blocking.all_compared ? [paragraph("note", all)] : [];
  return [...note, element("div", { class: "grid" }, pairsPanel, matchesPanel), fold("Blocking rules", heads, rows)];
}

// 6. Cluster sizes.

function sizeBars(given) {
  const clusters = given.map(one => one.clusters);
  return configured("bar", {
    labels: given.map(({ size }) => count(size)),
    datasets: [bars("clusters", clusters, "for", { maxBarThickness: 46 })],
    x: titled("records in the cluster", { grid: { display: false } }),
    y: tenfold("clusters", brief, { min: 0.5 }),
    title: at => plural(given[at].size, "record"),
    label: ({ raw }) => plural(raw, "cluster"),
  });
}

function sizes(given) {
  const heads = ["size", "clusters", "records in them", "of all records"];
  const share = ({ size, clusters }) => percent((size * clusters) / report.records);
  const row = one => [count(one.size), count(one.clusters), count(one.size * one.clusters), share(one)];
  return panel(
    chart("Number of clusters of each size", () => sizeBars(given)).box,
    fold("Cluster sizes", heads, given.map(row)),
  );
}
