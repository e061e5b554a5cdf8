/** @file `npm run parity -- FILE…`: compare what is built here with golden files of reference implementations. */

import { readFileSync } from "node:fs";
import { checkParity, isWithin, NoParityModuleError, PARITY_MODULES, type ParityReport } from "#testing/parity";

const HELP = `usage: npm run parity -- FILE… [--json]

Builds the module that each golden file names in its metadata, gives it the file's parameters and inputs, and compares
every output and every gradient: ‖ours - golden‖ / ‖golden‖. A file passes when networks in float32 are within 1e-4
(gradients 1e-3), losses within 1e-10 in float64 and 1e-5 in float32. A file without a module here is named and left out.
The last line counts.

  --json    one line per file: {"file", "module", "maxOutputError", "maxGradientError", "pass"}, where nothing was compared with
            "problem", and "pass" null where there is no module; the count goes to stderr
  --help    this text

  npm run parity -- fixtures/golden/dp_unet_film.safetensors
  npm run --silent parity -- --json fixtures/golden/*.safetensors

Modules: ${PARITY_MODULES.join(", ")}

Exit status: 0 when every file with a module passes, 1 when one does not or cannot be read, 2 when no file has a module, and for
wrong usage.`;

const FLAGS: readonly string[] = ["--json", "--help"];

/** What became of one file. */
type Outcome =
  | { readonly file: string; readonly report: ParityReport }
  | { readonly file: string; readonly problem: string; readonly hasModule: boolean };

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
  const isJson = argv.includes("--json");
  const verdicts: Verdict[] = [];
  for (const file of files) {
    const outcome = await check(file);
    if (isJson) console.log(jsonLine(outcome));
    else linesOf(outcome).forEach((line) => console.log(line));
    if ("problem" in outcome && outcome.hasModule) console.error(`parity: ${file}: ${outcome.problem}`);
    verdicts.push(verdictOf(outcome));
  }
  (isJson ? console.error : console.log)(countLine(verdicts));
  if (verdicts.some((verdict) => verdict === "fail" || verdict === "not compared")) return 1;
  return verdicts.includes("pass") ? 0 : 2;
}

const VERDICTS = ["pass", "fail", "not compared", "no module"] as const;
type Verdict = (typeof VERDICTS)[number];

function verdictOf(outcome: Outcome): Verdict {
  if ("problem" in outcome) return outcome.hasModule ? "not compared" : "no module";
  return outcome.report.pass ? "pass" : "fail";
}

/** `3 files: 2 pass, 1 no module`. */
function countLine(verdicts: readonly Verdict[]): string {
  const counts = VERDICTS.map((verdict) => [verdicts.filter((each) => each === verdict).length, verdict] as const);
  const told = counts.filter(([count]) => count > 0).map(([count, verdict]) => `${count} ${verdict}`);
  return `${verdicts.length} ${verdicts.length === 1 ? "file" : "files"}: ${told.join(", ")}`;
}

async function check(file: string): Promise<Outcome> {
  try {
    return { file, report: await checkParity(readFileSync(file)) };
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error), hasModule: !(error instanceof NoParityModuleError) };
  }
}

function jsonLine(outcome: Outcome): string {
  const { file } = outcome;
  if ("problem" in outcome) {
    const pass = outcome.hasModule ? false : null;
    return JSON.stringify({ file, module: null, maxOutputError: null, maxGradientError: null, pass, problem: outcome.problem });
  }
  const { module, maxOutputError, maxGradientError, pass } = outcome.report;
  return JSON.stringify({ file, module, maxOutputError, maxGradientError, pass });
}

function linesOf(outcome: Outcome): string[] {
  // The list of known modules is long; the help has it.
  if ("problem" in outcome) return [outcome.hasModule ? `${outcome.file}: not compared` : `${outcome.file}: no module (${outcome.problem.split(";")[0]})`];
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
