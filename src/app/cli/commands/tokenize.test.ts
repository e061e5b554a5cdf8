import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fitFast } from "#action/tokens";
import { runCommand } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { tokenizeCommand } from "./tokenize.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-tokenize-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the command with a spec file, where one is given. */
async function run(scheme: string, stdin: readonly string[], spec?: unknown) {
  const path = join(folder, "spec.json");
  if (spec !== undefined) await writeFile(path, typeof spec === "string" ? spec : JSON.stringify(spec));
  const io = fakeIo(stdin);
  const status = await runCommand(tokenizeCommand, ["--scheme", scheme, ...(spec === undefined ? [] : ["--spec", path])], io);
  return { status, out: io.outLines, notes: io.noteLines, path };
}
const parsed = (out: readonly string[]): unknown[] => out.map((line) => JSON.parse(line));

test("one object per action: relative ids, absolute ids where the scheme has them, decoded values", async () => {
  const { status, out, notes } = await run("openvla", ["[-1, 1, 0, -0.0, 1e-9, -1e-9, 1]"]);
  expect([status, notes]).toEqual([0, []]);
  const end = 1 - 1 / 255;
  expect(parsed(out)).toEqual([
    {
      ids: [0, 255, 127, 127, 127, 127, 255],
      absoluteIds: [31999, 31744, 31872, 31872, 31872, 31872, 31744],
      decoded: [-end, end, 0, 0, 0, 0, end].map((value) => expect.closeTo(value, 12)),
      clamped: 0,
    },
  ]);
});

test("the spec file of SpatialVLA holds Gaussians, or null for bins of equal width", async () => {
  const action = "[-0.09865392, -0.18148094, 0.93095243, -0.0099714, -0.96651721, -0.20271084, 1]";
  const uniform = await run("spatialvla", [action], { gaussians: null, minSigma: 0.5 });
  expect(parsed(uniform.out)).toMatchObject([{ ids: [300, 5894, 8193], absoluteIds: [257453, 263047, 265346] }]);
  const gaussians = {
    theta: { mu: 1.8739714125737532, sigma: 0.779843323370511 },
    phi: { mu: 0.08796911369129973, sigma: 1.6921243756107702 },
    r: { mu: 0.5480865478719801, sigma: 0.34749763559260854 },
    roll: { mu: -0.016498618557435858, sigma: 0.3804899850542066 },
    pitch: { mu: 0.028462961721089787, sigma: 0.29912182728829634 },
    yaw: { mu: -0.004913600039079129, sigma: 0.39022979006490277 },
  };
  const plus = await run("spatialvla", [action], { gaussians, minSigma: 0.5 });
  expect(parsed(plus.out)).toMatchObject([{ ids: [22, 6149, 8193] }]);
});

test("a processor configuration with a published bin_policy is a spec of SpatialVLA", async () => {
  const golden: { variants: Record<string, Record<string, { edges: number[] }>> } = JSON.parse(
    await readFile("fixtures/golden/tokens/spatialvla_bin_edges.json", "utf8"),
  );
  const bins = golden.variants["bridge_min_sigma_0.0"] ?? {};
  const part = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, bins[name]?.edges]));
  const config = { processor: "x", bin_policy: { translation: part("theta_bins", "phi_bins", "r_bins"), rotation: part("roll_bins", "pitch_bins", "yaw_bins") } };
  const { out } = await run("spatialvla", ["[0, 0, 0, 0, 0, 0, 0]"], config);
  expect(parsed(out)).toMatchObject([{ ids: [120, 6247, 8192] }]);
});

test("a line of FAST is a chunk of rows, and decodes to rows", async () => {
  const chunk = Array.from({ length: 4 }, (_, i) => [0.1 * i, -0.5]);
  const { status, out } = await run("fast", [JSON.stringify(chunk)], fitFast([chunk.flat()], { horizon: 4, actionSize: 2 }));
  expect(status).toBe(0);
  expect(parsed(out)).toMatchObject([{ clamped: 0, decoded: chunk.map((row) => row.map((value) => expect.closeTo(value, 1))) }]);
});

test("the folder of a published FAST is a spec: upstream's ids, and those in PaliGemma's vocabulary", async () => {
  const golden: { min_token: number; scale: number; bpe_model: object; cases: { action: number[][]; ids: number[] }[] } = JSON.parse(
    await readFile("fixtures/golden/tokens/fast_dct_bpe.json", "utf8"),
  );
  const lines = golden.cases.slice(0, 3).map(({ action }) => JSON.stringify(action));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify({ pre_tokenizer: { type: "ByteLevel", add_prefix_space: false }, model: golden.bpe_model }));
  await writeFile(join(folder, "processor_config.json"), JSON.stringify({ scale: golden.scale, min_token: golden.min_token }));
  const tokenize = async (stdin: readonly string[]) => {
    const io = fakeIo(stdin);
    return { status: await runCommand(tokenizeCommand, ["--scheme", "fast", "--spec", folder], io), out: io.outLines, notes: io.noteLines };
  };
  const { status, out, notes } = await tokenize(lines);
  expect([status, notes]).toEqual([0, []]);
  expect(parsed(out)).toMatchObject(golden.cases.slice(0, 3).map(({ ids }) => ({ ids, absoluteIds: ids.map((id) => 257_023 - id), clamped: 0 })));
  expect((await tokenize([...lines, "[[0, 0]]"])).notes).toEqual(["tendon tokenize: line 4: the chunk has 1 rows, expected 16 of 7 numbers"]);
  await writeFile(join(folder, "processor_config.json"), "{}");
  expect((await tokenize(lines)).notes).toEqual([expect.stringMatching(/^tendon tokenize: line 1: .*: publishedFast: processor_config\.json is not that of a FAST tokenizer/)]);
});

test("one value on one line is not called several, and blank lines alone are no actions", async () => {
  expect((await run("octo", ["[2, 0, 0, 0, 0, 0, 0]"])).notes).toEqual(["warning: 1 value on 1 line lay outside the bins and was clamped"]);
  expect((await run("octo", ["", " "])).notes).toEqual(["no action was read; give one JSON array per line on stdin"]);
});

test("blank lines are passed over; values outside the bins are counted", async () => {
  const { status, out, notes } = await run("rt1", ["[2, 0, 0, 0, 0, 0, -3]", "", "[0, 0, 0, 0, 0, 0, 0]", "[9, 0, 0, 0, 0, 0, 0]"]);
  expect(status).toBe(0);
  expect(parsed(out)).toMatchObject([{ clamped: 2 }, { clamped: 0 }, { clamped: 1 }]);
  expect(notes).toEqual(["warning: 3 values on 2 lines lay outside the bins and were clamped"]);
});

test.each([
  ["[1, 2", /^tendon tokenize: line 2: is not JSON \(/],
  ["[1, 2, 3]", /^tendon tokenize: line 2: the action has 3 numbers, expected 7$/],
  ["[1, 2, 3, null, 5, 6, 7]", /^tendon tokenize: line 2: dimension 3 of the action is null, expected a number$/],
  ['{"action": []}', /^tendon tokenize: line 2: the action is an object, expected an array of 7 numbers$/],
])("a bad line is named by its number, after the good ones before it: %s", async (line, message) => {
  const { status, out, notes } = await run("octo", ["[0, 0, 0, 0, 0, 0, 0]", line, "[0, 0, 0, 0, 0, 0, 0]"]);
  expect([status, out.length]).toEqual([1, 1]);
  expect(notes).toEqual([expect.stringMatching(message)]);
});

test("a chunk of another shape is named by its line and row", async () => {
  const spec = fitFast([[0, 0, 0, 0]], { horizon: 2, actionSize: 2 });
  expect((await run("fast", ["[[1, 2]]"], spec)).notes).toEqual(["tendon tokenize: line 1: the chunk has 1 rows, expected 2 of 2 numbers"]);
  expect((await run("fast", ["[[1, 2], [3]]"], spec)).notes).toEqual(["tendon tokenize: line 1: row 1 of the chunk has 1 numbers, expected 2"]);
  expect((await run("fast", ["[[1, 2], 3]"], spec)).notes).toEqual(["tendon tokenize: line 1: row 1 of the chunk is a number, expected an array of 2 numbers"]);
});

test("an unknown scheme is answered with what there is", async () => {
  const { status, notes } = await run("morse", []);
  expect(status).toBe(2);
  expect(notes[0]).toContain('--scheme: got "morse", expected one of rt1, rt2, openvla, octo, spatialvla, planar, fast');
});

test.each(["spatialvla", "planar", "fast"])("%s asks for a spec", async (scheme) => {
  const { status, notes } = await run(scheme, ["[0]"]);
  expect(status).toBe(2);
  expect(notes[0]).toBe(`tendon tokenize: --spec is missing: ${scheme} has no bins of its own, give the JSON file of a fitted tokenizer`);
});

test.each([
  ["spatialvla", { minSigma: 0.5 }, /spec\.json: spatialvla codec spec: gaussians: .*; fit one to data/],
  ["openvla", { scheme: "octo" }, /spec\.json: is a spec of scheme "octo", but --scheme is openvla$/],
  ["rt1", [], /spec\.json: holds an array, expected an object with the fields of a rt1 tokenizer$/],
  ["fast", { merges: [] }, /spec\.json: fastCodec: not a fitted FAST tokenizer/],
  ["octo", "{", /spec\.json: is not JSON \(/],
])("a foreign or unfitted spec of %s is one line that names the file", async (scheme, spec, message) => {
  const { status, notes } = await run(scheme, ["[0]"], spec);
  expect(status).toBe(1);
  expect(notes).toEqual([expect.stringMatching(message)]);
});

test("a missing spec file is one line", async () => {
  const io = fakeIo();
  expect(await runCommand(tokenizeCommand, ["--scheme", "octo", "--spec", join(folder, "none.json")], io)).toBe(1);
  expect(io.noteLines[0]).toMatch(/cannot open .*none\.json: no such file or folder/);
});

test("Ctrl-C stops between lines", async () => {
  const io = fakeIo(["[0, 0, 0, 0, 0, 0, 0]"]);
  io.interrupt();
  expect(await runCommand(tokenizeCommand, ["--scheme", "octo"], io)).toBe(130);
  expect(io.outLines).toEqual([]);
});
