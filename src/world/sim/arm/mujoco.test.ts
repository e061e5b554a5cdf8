/** @file Laws of the simulation's owner: models are refused in one line, and a state that blew up says so. */

import { afterEach, expect, test } from "vitest";
import { compileMjcf, loadMuJoCo, type Physics } from "./mujoco.ts";

const BALL = '<mujoco><size memory="512K"/><option integrator="Euler"/><worldbody><body><joint name="fall" type="slide" axis="0 0 1"/><geom size="0.1"/></body></worldbody></mujoco>';

const open: Physics[] = [];
async function physicsOf(mjcf: string): Promise<Physics> {
  const physics = compileMjcf(await loadMuJoCo(), mjcf);
  open.push(physics);
  return physics;
}
afterEach(() => {
  for (const physics of open.splice(0)) physics.close();
});

test("MuJoCo is loaded once", async () => {
  expect(await loadMuJoCo()).toBe(await loadMuJoCo());
});

test("a body falls as it should, and is back at its start after a reset", async () => {
  const physics = await physicsOf(BALL);
  for (let step = 0; step < 100; step++) physics.step();
  // Semi-implicit Euler: g·dt²·n(n + 1)/2 after n steps of 2 ms.
  expect(physics.positions[physics.positionIndex("fall")]).toBeCloseTo((-9.81 * 0.002 ** 2 * 100 * 101) / 2, 9);
  physics.reset();
  expect([...physics.positions, ...physics.velocities]).toEqual([0, 0]);
  expect(physics.failure()).toBeNull();
});

test.each([
  ["an unknown word", BALL.replace('size="0.1"', 'sise="0.1"'), "sise"],
  ["a tag that is not closed", "<mujoco><worldbody>", "XML parse error"],
  ["text that is no XML", "a robot", "MuJoCo refuses the model"],
])("%s in the model is refused in one line that says what", async (_, mjcf, reason) => {
  const mujoco = await loadMuJoCo();
  const refused = (): unknown => compileMjcf(mujoco, mjcf);
  expect(refused).toThrow(/^compileMjcf: MuJoCo refuses the model: [^\n]+$/);
  expect(refused).toThrow(reason);
});

test("an instability, after which MuJoCo starts afresh in silence, is told until the next reset", async () => {
  const physics = await physicsOf(BALL);
  physics.velocities[0] = 1e12;
  physics.step();
  physics.step();
  expect(physics.failure()).toMatch(/unstable/);
  physics.step();
  expect(physics.failure()).toMatch(/unstable/);
  physics.reset();
  physics.step();
  expect(physics.failure()).toBeNull();
});

test("a number that is not finite is a failure too", async () => {
  const physics = await physicsOf(BALL);
  physics.velocities[0] = NaN;
  expect(physics.failure()).toMatch(/not finite/);
});

test("a joint that is not there is named, and closing twice does no harm", async () => {
  const physics = await physicsOf(BALL);
  expect(() => physics.positionIndex("rise")).toThrow('no joint "rise"');
  physics.close();
  physics.close();
});

test("thousands of checks and models leave MuJoCo's memory as it is", async () => {
  const mujoco = await loadMuJoCo();
  const physics = await physicsOf(BALL);
  const before = physics.positions.buffer.byteLength;
  for (let i = 0; i < 20_000; i++) physics.failure();
  for (let i = 0; i < 300; i++) compileMjcf(mujoco, BALL).close();
  expect(physics.positions.buffer.byteLength).toBe(before);
});
