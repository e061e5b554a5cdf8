/** @file `npm run parity -- FILE…`: compare what is built here with golden files of reference implementations. */

import { readFileSync } from "node:fs";
import { checkParity, isWithin, PARITY_MODULES, type ParityReport } from "#testing/parity";

const HELP = `usage: npm run parity -- FILE… [--json]

Builds the module that each golden file names in its metadata, gives it the file's parameters and inputs, and compares
every output and every gradient: ‖ours - golden‖ / ‖golden‖. A file passes when networks in float32 are within 1e-4
(gradients 1e-3), losses within 1e-10 in float64 and 1e-5 in float32.

  --json    one line per file: {"file", "module", "maxOutputError", "maxGradientError", "pass"}
  --help    this text

  npm run parity -- fixtures/golden/dp_unet_film.safetensors
  npm run --silent parity -- --json fixtures/golden/*.safetensors

Modules: ${PARITY_MODULES.join(", ")}

Exit status: 0 when every file passes, 1 when one does not, cannot be read or names another module, 2 for wrong usage.`;

const FLAGS: readonly string[] = ["--json", "--help"];

/** What became of one file. */
type Outcome = { readonly file: string; readonly report: ParityReport } | { readonly file: string; readonly problem: string };

async function main(argv: readonly string[]): Promise<number> {
  const files = argv.filter((word) => !word.startsWith("--"));
  const unknown = argv.find((word) => word.startsWith("--") && !FLAGS.includes(word));
  if (argv.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  if (unknown !== undefined || files.length === 0) {
    console.error(`parity: ${unknown === undefined ? "got no file" : `got ${unknown}`}, expected golden files and --json\n\n${HELP}`);
    return 2;
  }
  let failed = false;
  for (const file of files) {
    const outcome = await check(file);
    if (argv.includes("--json")) console.log(jsonLine(outcome));
    else linesOf(outcome).forEach((line) => console.log(line));
    if ("problem" in outcome) console.error(`parity: ${file}: ${outcome.problem}`);
    failed ||= "problem" in outcome || !outcome.report.pass;
  }
  return failed ? 1 : 0;
}

async function check(file: string): Promise<Outcome> {
  try {
    return { file, report: await checkParity(readFileSync(file)) };
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error) };
  }
}

function jsonLine(outcome: Outcome): string {
  const { file } = outcome;
  if ("problem" in outcome) {
    return JSON.stringify({ file, module: null, maxOutputError: null, maxGradientError: null, pass: false, problem: outcome.problem });
  }
  const { module, maxOutputError, maxGradientError, pass } = outcome.report;
  return JSON.stringify({ file, module, maxOutputError, maxGradientError, pass });
}

function linesOf(outcome: Outcome): string[] {
  if ("problem" in outcome) return [`${outcome.file}: not compared`];
  const { module, comparisons, pass } = outcome.report;
  const names = [...new Set(comparisons.map(({ name }) => name))];
  const width = Math.max(...names.map((name) => name.length));
  const rows = names.map((name) => {
    const cells = comparisons.filter((comparison) => comparison.name === name).map((comparison) => {
      const verdict = isWithin(comparison) ? "" : ` over ${comparison.tolerance}`;
      return `${comparison.dtype} ${comparison.error.toExponential(1)}${verdict}`;
    });
    return `  ${name.padEnd(width)}  ${cells.join("  ")}`;
  });
  return [`${outcome.file}: ${module}, ${pass ? "pass" : "FAIL"}`, ...rows];
}

process.exitCode = await main(process.argv.slice(2));
