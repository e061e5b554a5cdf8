/** @file Laws of learning from several robots at once: shares, one network for all, going on with one of them. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, policyParameters, WHOLE_NAMES } from "#policy/policies";
import { tinyRows, tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf, restoreTrainer } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { startFromSelf } from "./head-start.ts";
import { mixtureEntry, mixtureShares, sourceTurns } from "./mixture.ts";
import { startFromPolicy } from "./policy-start.ts";
import { openTrainer, type Trainer, type TrainerOptions } from "./trainer.ts";

const PENDING = { lossSum: 0, metricSums: {}, count: 0 };
/** A robot with a state of 3 and actions of 2 numbers, and one with 5 and 4 and another camera. */
const small = tinyTrunkRows();
const { observations, actions, obsSize, actionSize } = tinyRows({ obsSize: 5, actionSize: 4 });
const large = { ...small, observations, actions, obsSize, actionSize, frames: { wrist: small.frames?.["front"] ?? [] } };
const config = tinyTrunkConfig("pi0", { paddedSize: 6 });
const mixture = [{ name: "large", config: { ...config, cameras: ["wrist"] }, rows: large }];
const both: TrainerOptions = { config, rows: small, openSession, mixture };

test("a source is learned from by its size to the power 0.43", () => {
  const [many = NaN, few = NaN] = mixtureShares([1000, 100]);
  expect(many / few).toBeCloseTo(10 ** 0.43, 10);
  expect(many + few).toBeCloseTo(1, 12);
  expect(mixtureShares([7, 7, 7, 7])).toEqual([0.25, 0.25, 0.25, 0.25]);
  const turns = sourceTurns([many, few], 3);
  const drawn = Array.from({ length: 4000 }, (_, step) => turns.of(step));
  const ofFew = drawn.filter(({ source }) => source === 1);
  // Four standard deviations of 4,000 draws.
  expect(Math.abs(ofFew.length / 4000 - few)).toBeLessThan(4 * Math.sqrt((many * few) / 4000));
  // Turn by turn, so that each walks through all its windows; and the same from whatever step on.
  expect(ofFew.map(({ turn }) => turn)).toEqual(ofFew.map((_, i) => i));
  expect(sourceTurns([many, few], 3).of(1234)).toEqual(drawn[1234]);
});

test("robots of different size learn into one network, and a run of both is resumed bit for bit", async () => {
  await using trainer = await openTrainer(both);
  expect(trainer.windows).toBe(2 * (9 + 6 + 12));
  for (let step = 0; step < 4; step++) await trainer.advance();
  const saved = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  await using resumed = await openTrainer({ ...both, start: startFromSelf(saved, config) });
  restoreTrainer(resumed, saved, "a");
  for (const each of [trainer, resumed]) for (let step = 0; step < 3; step++) await each.advance();
  const isSame = (a: Trainer, b: Trainer): boolean => Buffer.compare(encodeCheckpoint(a, PENDING), encodeCheckpoint(b, PENDING)) === 0;
  expect(isSame(resumed, trainer)).toBe(true);
  // Another source alone would have led elsewhere.
  await using alone = await openTrainer({ ...both, mixture: [] });
  for (let step = 0; step < 7; step++) await alone.advance();
  expect(isSame(alone, trainer)).toBe(false);
});

test.each(WHOLE_NAMES)("%s goes on with a robot of another size and another camera, behind a scaling of its own", async (head) => {
  const first = { ...config, head };
  await using trainer = await openTrainer({ config: first, rows: small, openSession });
  await trainer.advance();
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const second = { ...first, from: "a", cameras: ["wrist"] };
  await using tuned = await openTrainer({ config: second, rows: large, openSession, start: startFromPolicy(checkpoint, "a", { config: second, rows: large }) });
  for (const { name } of policyParameters(tuned.network)) expect([name, tuned.state()[`params/${name}`]?.data]).toEqual([name, checkpoint.tensors[`ema/${name}`]?.data]);
  expect(tuned.normalizers.action.scale).toHaveLength(4);
  await tuned.advance();
  await using policy = loadPolicy(policyOf(decodeCheckpoint(encodeCheckpoint(tuned, PENDING), "b"), "b"), openSession);
  const sampler = await policy.sampler(1);
  await sampler.run();
  expect(sampler.chunk).toHaveLength(4 * 4);
  expect([...sampler.chunk].every(Number.isFinite)).toBe(true);
});

test("every source is learned behind its own scaling, which going on with it takes over", async () => {
  const half = { ...small, actions: small.actions.map((chunk) => chunk.map((value) => value / 2 + 100)) };
  await using trainer = await openTrainer({ ...both, mixture: [{ name: "half", config, rows: half }] });
  await using alone = await openTrainer({ ...both, rows: half, mixture: [] });
  expect(trainer.mixture).toMatchObject({ half: { windows: 27, normalizers: alone.normalizers } });
  expect(trainer.normalizers).not.toEqual(alone.normalizers);
  // A step that learns from the other source sees what that source alone would show.
  const turns = sourceTurns([0.5, 0.5], config.seed);
  const step = Array.from({ length: 50 }, (_, i) => turns.of(i)).findIndex(({ source }) => source === 1);
  for (let i = 0; i < step; i++) await trainer.advance();
  const saved = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const startOf = (task: string) => startFromPolicy(saved, "a", { config, rows: half, task }).kept.action;
  expect([startOf("half"), startOf("push-t")]).toEqual([alone.normalizers.action, trainer.normalizers.action]);
  alone.restore(0, trainer.state());
  const [mixed, own] = [await trainer.advance(), await alone.advance()];
  expect(mixed.loss).toBeCloseTo(own.loss, 5);
});

test("what is mixed in again is scaled as it was, whatever its rows are now", async () => {
  await using first = await openTrainer(both);
  const saved = decodeCheckpoint(encodeCheckpoint(first, PENDING), "a");
  const doubled = (rows: typeof small) => ({ ...rows, actions: rows.actions.map((chunk) => chunk.map((value) => 2 * value)) });
  const start = startFromPolicy(saved, "a", { config, rows: doubled(small), task: "small", learned: "small" });
  await using again = await openTrainer({ ...both, rows: doubled(small), mixture: [{ ...mixture[0]!, rows: doubled(large) }], start });
  expect([again.normalizers, again.mixture["large"]?.normalizers]).toEqual([first.normalizers, first.mixture["large"]?.normalizers]);
  // The other way about, too.
  const turned = startFromPolicy(saved, "a", { config: mixture[0]!.config, rows: doubled(large), task: "large", learned: "small" });
  await using other = await openTrainer({ config: mixture[0]!.config, rows: doubled(large), openSession, mixture: [{ name: "small", config, rows: doubled(small) }], start: turned });
  expect([other.normalizers, other.mixture["small"]?.normalizers]).toEqual([first.mixture["large"]?.normalizers, first.normalizers]);
});

test("a policy acts at any task of its mixture, behind that one's scaling, and at the run's own where nothing else is said", async () => {
  await using trainer = await openTrainer(both);
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const [own, other] = [checkpoint.header.normalizers, checkpoint.header.mixture["large"]?.normalizers];
  expect(other).not.toEqual(own);
  expect(policyOf(checkpoint, "a", "large").normalizers).toEqual(other);
  for (const [task, actions] of [[undefined, 2], ["large", 4]] as const) {
    await using policy = loadPolicy(policyOf(checkpoint, "a", task), openSession);
    const sampler = await policy.sampler(1);
    await sampler.run();
    expect([sampler.chunk.length, [...sampler.chunk].every(Number.isFinite)]).toEqual([4 * actions, true]);
  }
  expect(policyOf(checkpoint, "a").normalizers).toEqual(own);
  expect(() => policyOf(checkpoint, "a", "another")).toThrow("a: task another was not mixed in, expected one of large");
});

test("a source whose actions are all absolute has none of the run's offsets", async () => {
  const relative = { ...small, relative: { dimensions: [true, false], horizon: config.horizon } };
  await using trainer = await openTrainer({ ...both, rows: relative, mixture: [{ name: "absolute", config, rows: small }] });
  const checkpoint = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  expect([undefined, "absolute"].map((task) => policyOf(checkpoint, "a", task).network.spec.relativeActions)).toEqual([[true, false], undefined]);
});

test("a task is not gone on with by other offsets than it was learned with, alone or mixed in", async () => {
  const offsets = (...dimensions: boolean[]) => ({ ...large, relative: { dimensions, horizon: config.horizon } });
  await using trainer = await openTrainer({ ...both, mixture: [{ ...mixture[0]!, rows: offsets(true, true, false, false) }] });
  const saved = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const settings = mixture[0]!.config;
  const why = "large: it was learned with actions 0, 1 as offsets, and has actions 0 as offsets now; set relativeActions (--relative-actions) as it was";
  expect(() => startFromPolicy(saved, "a", { config: settings, rows: offsets(true, false, false, false), task: "large" })).toThrow(why);
  const start = startFromPolicy(saved, "a", { config, rows: small, task: "small", learned: "small" });
  await expect(openTrainer({ ...both, start, mixture: [{ ...mixture[0]!, rows: offsets(true, false, false, false) }] })).rejects.toThrow(why);
  await using again = await openTrainer({ ...both, start, mixture: [{ ...mixture[0]!, rows: offsets(true, true, false, false) }] });
  expect(again.mixture["large"]?.normalizers).toEqual(trainer.mixture["large"]?.normalizers);
});

test("a mixture that goes on from a policy is resumed without it, bit for bit, and not from other windows", async () => {
  await using first = await openTrainer(both);
  const start = startFromPolicy(decodeCheckpoint(encodeCheckpoint(first, PENDING), "a"), "a", { config, rows: small, task: "small", learned: "small" });
  await using whole = await openTrainer({ ...both, start });
  for (let step = 0; step < 2; step++) await whole.advance();
  const saved = decodeCheckpoint(encodeCheckpoint(whole, PENDING), "b");
  const resumedFrom = (rows: typeof small): Promise<Trainer> => openTrainer({ ...both, rows, start: startFromSelf(saved, config) });
  await using resumed = await resumedFrom(small);
  restoreTrainer(resumed, saved, "b");
  for (const each of [whole, resumed]) for (let step = 0; step < 3; step++) await each.advance();
  expect(encodeCheckpoint(resumed, PENDING)).toEqual(encodeCheckpoint(whole, PENDING));
  const fewer = { ...small, observations: small.observations.slice(1), actions: small.actions.slice(1), frames: { front: (small.frames?.["front"] ?? []).slice(1) }, instructions: (small.instructions ?? []).slice(1) };
  await using other = await resumedFrom(fewer);
  expect(() => restoreTrainer(other, saved, "b")).toThrow("b: it learned from 54 windows, and there are 45; the dataset has changed since the run began");
});

test("no session is left open where a later source is refused", async () => {
  const open = new Set<number>();
  let opened = 0;
  const counted: TrainerOptions["openSession"] = async (...given) => {
    const session = await openSession(...given);
    const number = opened++;
    open.add(number);
    return { ...session, bind: (...tensors) => session.bind(...tensors), run: (...feeds) => session.run(...feeds), close: () => (open.delete(number), session.close()) };
  };
  const wordy = { ...large, instructions: ["word ".repeat(30), "right", "the other one"] };
  await expect(openTrainer({ ...both, openSession: counted, mixture: [{ ...mixture[0]!, rows: wordy }] })).rejects.toThrow("words");
  expect([opened > 0, open.size]).toEqual([true, 0]);
});

test("a run whose other source has changed is not resumed", async () => {
  await using trainer = await openTrainer(both);
  const saved = decodeCheckpoint(encodeCheckpoint(trainer, PENDING), "a");
  const changed = { ...large, actions: large.actions.map((chunk) => chunk.map((value) => 2 * value)) };
  await using other = await openTrainer({ ...both, mixture: [{ ...mixture[0]!, rows: changed }] });
  expect(() => restoreTrainer(other, saved, "a")).toThrow("a: what else it learned from is not what it was; a dataset of the mixture has changed since the run began");
});

test("sizes that do not go together, and mixtures that cannot be, are refused", async () => {
  const { paddedSize: _none, ...bare } = config;
  await expect(openTrainer({ ...both, config: bare, mixture: [{ ...mixture[0]!, config: { ...bare, cameras: ["wrist"] } }] })).rejects.toThrow(
    "mixture: large does not go into the network of the run: head.stateProj.weight is f32[32, 5], expected f32[32, 3]; set paddedSize (--padded-size)",
  );
  const refused = (overrides: Partial<RunConfig>, why: string): void =>
    expect(() => resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, ...overrides })).toThrow(why);
  refused({ paddedSize: 8 }, "pi0: paddedSize is 8, expected at least the 10 numbers of a state and the 10 of an action");
  refused({ mixture: ["stack"], tokenWeight: 1 }, "mixture (--mixture) is set, but tokenWeight (--token-weight) needs a tokenizer of the actions, and every source would have another");
  refused({ mixture: ["stack", "lift"] }, "mixture (--mixture) has lift twice, expected different tasks beside the one to learn, lift");
  refused({ mixture: ["nothing"] }, 'there is no task "nothing"');
  refused({ mixture: ["stack"], headFrom: "a" }, "mixture (--mixture) and headFrom (--head-from) are both set; a pre-trained head knows one scaling of actions");
  expect([mixtureEntry("lift"), mixtureEntry("lift=some/folder")]).toEqual([{ task: "lift", dataset: "lift" }, { task: "lift", dataset: "some/folder" }]);
});
