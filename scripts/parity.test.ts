/** @file Tests of the parity command: exit codes and lines. */

import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const parity = (...words: string[]): { code: number | null; out: string[]; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--conditions=source", "scripts/parity.ts", ...words], { encoding: "utf8" });
  return { code: status, out: stdout.split("\n").filter(Boolean), err: stderr };
};

const loss = "fixtures/golden/l1.safetensors";

test("parity prints one line per output and gradient, and exits 0 when all files pass", () => {
  const { code, out } = parity(loss);
  expect(code).toBe(0);
  expect(out[0]).toBe(`${loss}: l1, pass`);
  expect(out.slice(1, -1).map((line) => line.trim().split(/ +/)[0])).toEqual(["output.loss", "grad.prediction"]);
  expect(out.at(-1)).toBe("1 file: 1 pass");
});

test("parity --json prints one object per file, goes on after one that fails, and exits 1", () => {
  const { code, out, err } = parity("--json", "package.json", loss);
  expect(code).toBe(1);
  expect(out.map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({ file: "package.json", module: null, pass: false }),
    { file: loss, module: "l1", maxOutputError: expect.any(Number), maxGradientError: expect.any(Number), pass: true },
  ]);
  expect(err).toContain("parity: package.json: ");
});

const other = "fixtures/golden/decoupled_denoisers.safetensors";

test("parity names a file without a module in one line, goes on, counts, and exits 0", () => {
  const { code, out, err } = parity(other, loss);
  expect(code).toBe(0);
  expect(out.slice(0, 2)).toEqual([`${other}: no module (the file names no "module" in its metadata)`, `${loss}: l1, pass`]);
  expect(out.at(-1)).toBe("2 files: 1 pass, 1 no module");
  expect(err).toBe("");
});

test("parity --json says null of a file without a module, and exits 2 when there is no other", () => {
  const { code, out, err } = parity("--json", other);
  expect(code).toBe(2);
  expect(out.map((line): unknown => JSON.parse(line))).toEqual([expect.objectContaining({ file: other, module: null, pass: null })]);
  expect(err).toBe("1 file: 1 no module\n");
});

test("parity counts a file that is missing as not compared, and exits 1", () => {
  const { code, out } = parity("no-such-file", other, loss);
  expect(code).toBe(1);
  expect(out.at(-1)).toBe("3 files: 1 pass, 1 not compared, 1 no module");
});

test.each([[[]], [["--jsn", loss]]])("parity %j is wrong usage: exit 2, with the help text", (words) => {
  const { code, out, err } = parity(...words);
  expect(code).toBe(2);
  expect(out).toEqual([]);
  expect(err).toContain("usage: npm run parity -- FILE…");
});

test("parity --help shows an example, the modules and the exit codes", () => {
  const { code, out } = parity("--help");
  expect(code).toBe(0);
  expect(out.join("\n")).toMatch(/npm run parity -- fixtures\/[^]*ConditionalUnet1D[^]*Exit status: 0/);
});
