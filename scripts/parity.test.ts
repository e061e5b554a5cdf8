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
  expect(out.slice(1).map((line) => line.trim().split(/ +/)[0])).toEqual(["output.loss", "grad.prediction"]);
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
