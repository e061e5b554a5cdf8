/**
 * @file The report's own script, as text that runs in the reader's browser.
 *
 * It is text and not a serialised function because bundlers and minifiers rewrite functions, and a report made
 * inside a bundled page must not differ. It holds no template strings and no `</`.
 */

/** Draws one tick of a Push-T rollout: 512 × 512 px, y down. */
const SCENE = `
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const readColors = () => ({ goal: css("--goal"), edge: css("--goal-edge"), block: css("--block"), agent: css("--agent"), past: css("--past"), scene: css("--scene") });
let colors = readColors();

// The outline of two boxes in the frame of the body's origin: the bar and the stem.
const T_OUTLINE = [[-60, 0], [60, 0], [60, 30], [15, 30], [15, 120], [-15, 120], [-15, 30], [-60, 30]];
function traceT(ctx, x, y, angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  ctx.beginPath();
  for (const [u, v] of T_OUTLINE) ctx.lineTo(x + c * u - s * v, y + s * u + c * v);
  ctx.closePath();
}

function strokePath(ctx, states, from, to, style, width) {
  if (to <= from) return;
  ctx.strokeStyle = style;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(states[from][0], states[from][1]);
  for (let i = from + 1; i <= to; i++) ctx.lineTo(states[i][0], states[i][1]);
  ctx.stroke();
}

// Blue at the start, violet half way, red at the end.
function timeColor(share) {
  return "hsl(" + (205 + 140 * share) + " " + (70 - 100 * share * (1 - share)) + "% 54%)";
}

function drawRollout(canvas, states, tick) {
  const ctx = canvas.getContext("2d");
  ctx.setTransform(canvas.width / 512, 0, 0, canvas.height / 512, 0, 0);
  ctx.fillStyle = colors.scene;
  ctx.fillRect(0, 0, 512, 512);
  ctx.lineJoin = ctx.lineCap = "round";
  traceT(ctx, 256, 256, Math.PI / 4);
  ctx.fillStyle = colors.goal;
  ctx.fill();
  const state = states[tick];
  if (!state) return;
  traceT(ctx, state[2], state[3], state[4]);
  ctx.fillStyle = colors.block;
  ctx.fill();
  // The goal's edge again, so that a block lying on it still shows how well it fits.
  traceT(ctx, 256, 256, Math.PI / 4);
  ctx.strokeStyle = colors.edge;
  ctx.lineWidth = 2;
  ctx.stroke();
  const last = states.length - 1;
  strokePath(ctx, states, tick, last, colors.past, 2);
  // One stroke per stretch of equal colour keeps fifty scenes at once smooth.
  const stretch = Math.max(1, Math.ceil(last / 24));
  for (let from = 0; from < tick; from += stretch) {
    strokePath(ctx, states, from, Math.min(tick, from + stretch), timeColor(from / last), 3.5);
  }
  ctx.fillStyle = colors.agent;
  ctx.beginPath();
  ctx.arc(state[0], state[1], 15, 0, 2 * Math.PI);
  ctx.fill();
}
`;

/** Plays, orders and filters the cards. */
const GALLERY = `
const wall = document.getElementById("rollouts");
const cards = [...document.querySelectorAll(".rollout")].map((figure) => ({
  figure,
  states: report.rollouts[Number(figure.dataset.index)].states,
  score: Number(figure.dataset.score),
  seed: Number(figure.dataset.seed),
  canvas: figure.querySelector("canvas"),
  slider: figure.querySelector("input"),
  output: figure.querySelector("output"),
  tick: 0,
  playing: false,
  visible: true,
}));
const playAll = document.getElementById("play-all");
let lastMs = 0;

function show(card, tick) {
  card.tick = tick;
  const whole = Math.floor(tick);
  if (!card.visible) return;
  card.slider.value = whole;
  card.output.textContent = whole;
  drawRollout(card.canvas, card.states, whole);
}

function setPlaying(card, playing) {
  const last = card.states.length - 1;
  if (playing && card.tick >= last) card.tick = 0;
  card.playing = playing && last > 0;
  card.figure.classList.toggle("playing", card.playing);
}

function refreshPlayAll() {
  const playing = cards.some((card) => card.playing);
  playAll.textContent = playing ? "Pause all" : "Play all";
  playAll.setAttribute("aria-pressed", String(playing));
}

function frame(nowMs) {
  const ticks = (Math.min(100, nowMs - lastMs) / 1000) * Number(document.getElementById("speed").value);
  lastMs = nowMs;
  for (const card of cards) {
    if (!card.playing) continue;
    const last = card.states.length - 1;
    show(card, Math.min(last, card.tick + ticks));
    if (card.tick >= last) setPlaying(card, false);
  }
  refreshPlayAll();
  if (cards.some((card) => card.playing)) requestAnimationFrame(frame);
}

function play(changed, playing) {
  const wasIdle = !cards.some((card) => card.playing);
  for (const card of changed) setPlaying(card, playing);
  refreshPlayAll();
  if (wasIdle && playing) requestAnimationFrame((nowMs) => { lastMs = nowMs; frame(nowMs); });
}

function arrange() {
  const order = document.getElementById("order").value;
  const bound = document.getElementById("filter").value;
  const by = { seed: (a, b) => a.seed - b.seed, best: (a, b) => b.score - a.score, worst: (a, b) => a.score - b.score }[order];
  wall.append(...[...cards].sort(by).map((card) => card.figure));
  let count = 0;
  for (const card of cards) {
    const coverage = 0.95 * card.score + 1e-9;
    const isShown = bound === "all" || (bound > 0 ? coverage >= Number(bound) : coverage < -Number(bound));
    card.figure.hidden = !isShown;
    if (!isShown) setPlaying(card, false);
    count += isShown ? 1 : 0;
  }
  document.getElementById("shown").textContent = count + " of " + cards.length + " rollouts";
  refreshPlayAll();
}

function startGallery() {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const card = cards.find((candidate) => candidate.figure === entry.target);
      card.visible = entry.isIntersecting;
      show(card, card.tick);
    }
  }, { rootMargin: "200px" });
  for (const card of cards) {
    const toggle = () => play([card], !card.playing);
    card.canvas.addEventListener("click", toggle);
    card.canvas.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      toggle();
    });
    card.slider.addEventListener("input", () => { setPlaying(card, false); show(card, Number(card.slider.value)); refreshPlayAll(); });
    show(card, Math.max(0, card.states.length - 1));
    watcher.observe(card.figure);
  }
  playAll.addEventListener("click", () => {
    const playing = cards.some((card) => card.playing);
    play(cards.filter((card) => !card.figure.hidden), !playing);
  });
  document.getElementById("order").addEventListener("change", arrange);
  document.getElementById("filter").addEventListener("change", arrange);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colors = readColors();
    for (const card of cards) show(card, card.tick);
  });
  arrange();
}
if (cards.length > 0) startGallery();
`;

/** Reads out the metrics under the pointer. */
const HOVER = `
const NAMES = { loss: "loss", smoothLoss: "smooth", lr: "learning rate", gradNorm: "grad" };

function nearestRow(rows, step) {
  let low = 0;
  let high = rows.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (rows[middle].step <= step) low = middle; else high = middle;
  }
  return step - rows[low].step <= rows[high].step - step ? rows[low] : rows[high];
}

function hoverPlot(svg) {
  const [x0, x1, px0, px1] = svg.dataset.x.split(",").map(Number);
  const [y0, y1, py0, py1] = svg.dataset.y.split(",").map(Number);
  const warp = svg.dataset.yKind === "log" ? Math.log : (value) => value;
  const fields = svg.dataset.hover.split(",");
  const rows = report.metrics.filter((row) => typeof row[fields[0]] === "number");
  const readout = svg.closest(".panel").querySelector(".readout");
  const resting = readout.textContent;
  const cursor = svg.querySelector(".cursor");
  const line = cursor.querySelector("line");
  const dot = cursor.querySelector("circle");
  svg.addEventListener("pointermove", (event) => {
    if (rows.length === 0) return;
    const box = svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const row = nearestRow(rows, x0 + ((px - px0) / (px1 - px0)) * (x1 - x0));
    const atX = px0 + ((row.step - x0) / (x1 - x0)) * (px1 - px0);
    const share = (warp(row[fields[0]]) - warp(y0)) / (warp(y1) - warp(y0));
    line.setAttribute("x1", atX);
    line.setAttribute("x2", atX);
    dot.setAttribute("cx", atX);
    dot.setAttribute("cy", Number.isFinite(share) ? py0 + share * (py1 - py0) : py0);
    cursor.removeAttribute("hidden");
    const values = fields.filter((field) => typeof row[field] === "number").map((field) => NAMES[field] + " " + Number(row[field].toPrecision(3)));
    readout.textContent = "step " + row.step + " · " + values.join(" · ");
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("hidden", "");
    readout.textContent = resting;
  });
}
for (const svg of document.querySelectorAll(".hoverable")) hoverPlot(svg);
`;

const DOWNLOAD = `
document.getElementById("download").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(report, null, 1)], { type: "application/json" }));
  link.download = report.run.replace(/[^A-Za-z0-9._-]+/g, "-") + ".json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
`;

/** The whole script; it expects the report's data in the element of this id. */
export function playerScript(dataId: string): string {
  return `"use strict";(() => {
const report = JSON.parse(document.getElementById(${JSON.stringify(dataId)}).textContent);
${SCENE}${GALLERY}${HOVER}${DOWNLOAD}})();`;
}
