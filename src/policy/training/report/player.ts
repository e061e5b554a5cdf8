/**
 * @file The report's own script, as text that runs in the reader's browser.
 *
 * It is text and not a serialised function because bundlers and minifiers rewrite functions, and a report made
 * inside a bundled page must not differ. It holds no template strings and no `</`.
 */

/** Draws one tick of a rollout as the report's scene says. */
const SCENE = `
const { scene } = report;
const { view } = scene;
// A five-hundredth of the picture: line widths are multiples of it.
const hair = Math.abs(view.right - view.left) / 512;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const readColors = () => Object.fromEntries(["scene", "goal", "goal-edge", "obstacle", "block", "agent", "past"].map((name) => [name, css("--" + name)]));
let colors = readColors();

function poseOf(place, state) {
  if (place.kind === "fixed") return [place.x, place.y, place.angleRad];
  return [state[place.x], state[place.y], place.angle === null ? 0 : state[place.angle]];
}

function trace(ctx, shape, state) {
  const [x, y, angle] = poseOf(shape.place, state);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  ctx.beginPath();
  if (shape.outline.kind === "circle") ctx.arc(x, y, shape.outline.radius, 0, 2 * Math.PI);
  else for (const [u, v] of shape.outline.corners) ctx.lineTo(x + c * u - s * v, y + s * u + c * v);
  ctx.closePath();
}

function fillShapes(ctx, shapes, state) {
  for (const shape of shapes) {
    trace(ctx, shape, state);
    ctx.fillStyle = shape.color ?? colors[shape.role];
    ctx.fill();
  }
}

function strokePath(ctx, states, from, to, style, width) {
  if (to <= from) return;
  const { x, y } = scene.robot;
  ctx.strokeStyle = style;
  ctx.lineWidth = width * hair;
  ctx.beginPath();
  ctx.moveTo(states[from][x], states[from][y]);
  for (let i = from + 1; i <= to; i++) ctx.lineTo(states[i][x], states[i][y]);
  ctx.stroke();
}

// Blue at the start, violet half way, red at the end.
function timeColor(share) {
  return "hsl(" + (205 + 140 * share) + " " + (70 - 100 * share * (1 - share)) + "% 54%)";
}

const goals = scene.shapes.filter(({ role }) => role === "goal");
const agents = scene.shapes.filter(({ role }) => role === "agent");
const others = scene.shapes.filter(({ role }) => role !== "agent");

function drawRollout(canvas, states, tick) {
  const ctx = canvas.getContext("2d");
  const [scaleX, scaleY] = [canvas.width / (view.right - view.left), canvas.height / (view.bottom - view.top)];
  ctx.setTransform(scaleX, 0, 0, scaleY, -view.left * scaleX, -view.top * scaleY);
  ctx.fillStyle = colors.scene;
  ctx.fillRect(view.left, view.top, view.right - view.left, view.bottom - view.top);
  ctx.lineJoin = ctx.lineCap = "round";
  const state = states[tick];
  fillShapes(ctx, others.filter(({ place }) => state || place.kind === "fixed"), state);
  if (!state) return;
  // The goal's edge again, so that what lies on it still shows how well it fits.
  for (const goal of goals) {
    trace(ctx, goal, state);
    ctx.strokeStyle = colors["goal-edge"];
    ctx.lineWidth = 2 * hair;
    ctx.stroke();
  }
  const last = states.length - 1;
  strokePath(ctx, states, tick, last, colors.past, 2);
  // One stroke per stretch of equal colour keeps fifty scenes at once smooth.
  const stretch = Math.max(1, Math.ceil(last / 24));
  for (let from = 0; from < tick; from += stretch) {
    strokePath(ctx, states, from, Math.min(tick, from + stretch), timeColor(from / last), 3.5);
  }
  fillShapes(ctx, agents, state);
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
  groups: figure.dataset.groups.split(" "),
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
  const group = document.getElementById("filter").value;
  const by = { seed: (a, b) => a.seed - b.seed, best: (a, b) => b.score - a.score, worst: (a, b) => a.score - b.score }[order];
  wall.append(...[...cards].sort(by).map((card) => card.figure));
  let count = 0;
  for (const card of cards) {
    const isShown = card.groups.includes(group);
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
    const values = fields.filter((field) => typeof row[field] === "number").map((field) => (NAMES[field] ?? field) + " " + Number(row[field].toPrecision(3)));
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
