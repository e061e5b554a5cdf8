/** @file The report's style sheet: calm, light and dark. */

export const STYLE = `
:root { color-scheme: light dark;
  --page: #f6f6f4; --panel: #ffffff; --ink: #1f2428; --soft: #6a7178; --rule: #e3e4e1; --grid: #ececea;
  --accent: #2f6fb0; --raw: #a9c4e0; --good: #3c8a5c; --fair: #a8741a; --poor: #b3473f;
  --scene: #fbfbfa; --goal: #cfe8d3; --goal-edge: #8cc79a; --obstacle: #b9aea3; --block: #64748b; --agent: #2f6fb0; --past: #d9dbde; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15181b; --panel: #1d2125; --ink: #e4e7ea; --soft: #949ca4; --rule: #30363c; --grid: #292e33;
  --accent: #77aee6; --raw: #3d5a78; --good: #74c396; --fair: #dcaa58; --poor: #e5847c;
  --scene: #191c20; --goal: #2a4a36; --goal-edge: #4f8a64; --obstacle: #6b625a; --block: #93a1b3; --agent: #77aee6; --past: #3a4047; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 28px 20px 56px; }
h1 { font-size: 26px; font-weight: 650; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 15px; font-weight: 600; margin: 0 0 10px; }
i { font-style: normal; color: var(--soft); }
.title { display: flex; gap: 16px; align-items: center; justify-content: space-between; flex-wrap: wrap; }
.facts { display: flex; gap: 4px 20px; flex-wrap: wrap; margin: 8px 0 12px; }
.command { margin: 0; padding: 9px 13px; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px;
  font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
button, select { font: inherit; font-size: 14px; color: inherit; background: var(--panel);
  border: 1px solid var(--rule); border-radius: 7px; padding: 5px 11px; }
button { cursor: pointer; }
button:hover, select:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 12px; }
.tile { flex: 1 1 0; min-width: min-content; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
.tile i, .tile small { display: block; font-size: 13px; line-height: 1.4; }
.tile small { color: var(--soft); }
.tile b { display: block; white-space: nowrap; font-size: 24px; font-weight: 620; line-height: 1.35; font-variant-numeric: tabular-nums; }
.tile.main, .tile.success { flex-grow: 1.4; }
.tile.main b { color: var(--accent); }
.shares { display: flex; justify-content: space-between; gap: 12px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; }
.panel { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; margin: 0 0 12px; }
.plots .panel { margin: 0; }
.plots + .panel, .plots + * { margin-top: 12px; }
.plot-head h2 { margin: 0; }
.readout { display: block; height: 1.6em; color: var(--soft); font-size: 12px; line-height: 1.6; font-variant-numeric: tabular-nums;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.plot { display: block; width: 100%; max-width: 480px; margin: 0 auto; height: auto; touch-action: pan-y; }
.plot .tick { font-size: 11.5px; fill: var(--soft); }
.plot .name { font-size: 12px; fill: var(--soft); }
.plot .mid { text-anchor: middle; } .plot .end { text-anchor: end; }
.plot .grid { stroke: var(--grid); } .plot .axis { stroke: var(--rule); }
.plot .line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.plot .raw { stroke: var(--raw); stroke-width: 0.8; } .plot .main { stroke: var(--accent); }
.plot .mark { fill: var(--panel); stroke-width: 1.7; }
.plot .count { fill: var(--accent); } .plot .target { fill: transparent; }
.plot .bar:hover .target { fill: var(--grid); opacity: 0.6; }
.plot .cursor line { stroke: var(--soft); stroke-dasharray: 3 3; } .plot .cursor circle { fill: var(--accent); stroke: var(--panel); stroke-width: 1.5; }
.plot .cursor[hidden] { display: none; }
.toolbar { display: flex; gap: 8px 16px; align-items: center; flex-wrap: wrap; margin-bottom: 14px; font-size: 14px; color: var(--soft); }
.rollouts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 16px 14px; }
.rollout { margin: 0; min-width: 0; }
.rollout[hidden] { display: none; }
.rollout canvas { display: block; width: 100%; height: auto; border-radius: 8px; border: 1px solid var(--rule);
  background: var(--scene); cursor: pointer; }
.rollout.playing canvas { border-color: var(--accent); }
.time { display: flex; align-items: center; gap: 8px; margin-top: 5px; }
.time input { flex: 1; min-width: 0; height: 16px; margin: 0; accent-color: var(--accent); }
.time output { width: 3.2ch; text-align: right; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
figcaption b { font-size: 16px; font-weight: 620; flex-basis: 100%; line-height: 1.3; }
b.full { color: var(--good); } b.fair { color: var(--ink); } b.poor { color: var(--poor); }
.legend, .empty { color: var(--soft); font-size: 13px; margin: 14px 0 0; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin: 0 3px 0 10px; vertical-align: -1px; }
.swatch:first-child { margin-left: 0; }
.goal { background: var(--goal); } .obstacle { background: var(--obstacle); } .block { background: var(--block); } .agent { background: var(--agent); border-radius: 50%; }
.path { width: 34px; height: 4px; vertical-align: 3px; background: linear-gradient(90deg, hsl(205 70% 52%), hsl(275 45% 55%), hsl(345 70% 56%)); }
details summary { cursor: pointer; font-weight: 600; }
table { border-collapse: collapse; margin-top: 10px; font-size: 13px; width: 100%; }
th, td { text-align: left; font-weight: 400; padding: 3px 14px 3px 0; border-top: 1px solid var(--grid); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); width: 30%; }
@media (max-width: 1000px) {
  .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plots .panel:first-child:nth-last-child(odd) { grid-column: span 2; }
  .tile { flex-basis: 40%; } }
@media (max-width: 640px) {
  main { padding: 18px 12px 40px; } .panel { padding: 12px; } .tiles { gap: 8px; } .tile.main, .tile.success { flex-basis: 100%; }
  .plots { grid-template-columns: minmax(0, 1fr); } .plots .panel:first-child:nth-last-child(odd) { grid-column: auto; }
  .rollouts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px 10px; } }
@media print { button, .toolbar, .time { display: none; } }
`;
