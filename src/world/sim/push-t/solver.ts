/**
 * @file One time step of the Push-T world: move, find contacts, push.
 *
 * The method is that of Chipmunk2D 7.0.3 (Scott Lembcke and Howling Moon Software, MIT licence), re-implemented for
 * these few shapes: sequential impulses on velocities, and separate bias velocities that undo overlap. Contacts are
 * frictionless and do not bounce. The space is damped to a standstill, so the block only moves while it is touched.
 */

import { agentAtRest, blockAtRest, moveBodies, type Agent, type Block } from "./body.ts";
import { contactPair, forgetPair, type Contact, type ContactPair } from "./contact-pair.ts";
import { aboutCenterOfMass, touchAgent, touchWall, type Meeting, type Wall } from "./contacts.ts";
import { AGENT_RADIUS, BLOCK_MASS, BLOCK_MOMENT, BLOCK_REACH, BOXES, WALL_HIGH, WALL_LOW } from "./geometry.ts";

/** Duration of a step, s. */
export const DT_S = 0.01;
const ITERATIONS = 10;
/** Overlap that is left alone, px: it keeps resting contacts alive. */
const SLOP = 0.1;
/** Share of the overlap beyond the slop that one step undoes: a tenth in every 1/60 s. */
const BIAS_SHARE = 1 - Math.pow(Math.pow(0.9, 60), DT_S);

const WALLS: readonly Wall[] = [
  { nx: 1, ny: 0, offset: WALL_LOW },
  { nx: 0, ny: 1, offset: WALL_LOW },
  { nx: -1, ny: 0, offset: -WALL_HIGH },
  { nx: 0, ny: -1, offset: -WALL_HIGH },
];
const LOCAL_BOXES = BOXES.map(aboutCenterOfMass);

/** Bodies and contacts of one Push-T world. */
export interface World extends Meeting {
  readonly agent: Agent;
  readonly block: Block;
  /** Agent against each box. */
  readonly agentPairs: readonly ContactPair[];
  /** Wall w against each box, at `wallPairs[w][box]`. */
  readonly wallPairs: readonly (readonly ContactPair[])[];
  /** The pairs that touch in the present step: the first `touchingCount` entries. */
  readonly touching: ContactPair[];
  touchingCount: number;
}

export function world(): World {
  return {
    agent: agentAtRest(),
    block: blockAtRest(),
    step: 0,
    agentPairs: LOCAL_BOXES.map(contactPair),
    wallPairs: WALLS.map(() => LOCAL_BOXES.map(contactPair)),
    touching: [],
    touchingCount: 0,
  };
}

/** Forget all contacts, as in a world that has just been made. */
export function forgetContacts(w: World): void {
  w.step = 0;
  w.touchingCount = 0;
  for (const pair of w.agentPairs) forgetPair(pair);
  for (const pairs of w.wallPairs) for (const pair of pairs) forgetPair(pair);
}

/** Advance by `DT_S`. The caller has set the agent's velocity. */
export function stepWorld(w: World): void {
  const { agent, block } = w;
  w.step++;
  moveBodies(agent, block, DT_S);
  findContacts(w);
  block.vx = 0;
  block.vy = 0;
  block.spin = 0;
  if (w.touchingCount === 0) return;

  for (let i = 0; i < w.touchingCount; i++) prepare(w.touching[i], block);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let changed = false;
    for (let i = 0; i < w.touchingCount; i++) changed = relax(w.touching[i], block) || changed;
    // A round without any change would only repeat itself.
    if (!changed) return;
  }
}

/**
 * Fill `touching`. Far from agent and walls nothing can touch, and the boxes are not looked at.
 *
 * The order of the pairs matters a little, because ten rounds of corrections do not settle pairs that disagree.
 * Chipmunk's order follows from its search tree; bar before stem is the order in most recordings.
 */
function findContacts(w: World): void {
  const { agent, block } = w;
  w.touchingCount = 0;
  const dx = agent.x - block.x;
  const dy = agent.y - block.y;
  const reach = BLOCK_REACH + AGENT_RADIUS + 1;
  if (dx * dx + dy * dy < reach * reach) {
    for (let box = 0; box < LOCAL_BOXES.length; box++) {
      const pair = w.agentPairs[box];
      const shape = LOCAL_BOXES[box];
      if (pair && shape && touchAgent(pair, shape, w)) w.touching[w.touchingCount++] = pair;
    }
  }
  for (let side = 0; side < WALLS.length; side++) {
    const wall = WALLS[side];
    if (!wall || wall.nx * block.x + wall.ny * block.y - wall.offset > BLOCK_REACH + 1) continue;
    for (let box = 0; box < LOCAL_BOXES.length; box++) {
      const pair = w.wallPairs[side]?.[box];
      const shape = LOCAL_BOXES[box];
      if (pair && shape && touchWall(pair, shape, w, wall)) w.touching[w.touchingCount++] = pair;
    }
  }
}

/** Work out masses and bias targets, and apply the impulses of contacts that go on. */
function prepare(pair: ContactPair | undefined, block: Block): void {
  if (pair === undefined) return;
  for (let i = 0; i < pair.count; i++) {
    const c = pair.contacts[i === 0 ? 0 : 1];
    c.effectiveMass = 1 / (1 / BLOCK_MASS + (c.lever * c.lever) / BLOCK_MOMENT);
    c.bias = (-BIAS_SHARE * Math.min(0, c.distance + SLOP)) / DT_S;
    c.biasImpulse = 0;
    if (!pair.isNew) push(block, pair, c, c.impulse);
  }
}

/** Correct each contact's velocities once. @returns whether anything changed */
function relax(pair: ContactPair | undefined, block: Block): boolean {
  if (pair === undefined) return false;
  let changed = false;
  for (let i = 0; i < pair.count; i++) {
    const c = pair.contacts[i === 0 ? 0 : 1];
    const { nx, ny } = pair;

    const biasSpeed = block.biasVx * nx + block.biasVy * ny + block.biasSpin * c.lever;
    const biasImpulse = Math.max(0, c.biasImpulse + (c.bias - biasSpeed) * c.effectiveMass);
    const biasDelta = biasImpulse - c.biasImpulse;
    c.biasImpulse = biasImpulse;

    const speed = block.vx * nx + block.vy * ny + block.spin * c.lever - pair.pushSpeed;
    const impulse = Math.max(0, c.impulse - speed * c.effectiveMass);
    const delta = impulse - c.impulse;
    c.impulse = impulse;

    if (biasDelta !== 0) pushBias(block, pair, c, biasDelta);
    if (delta !== 0) push(block, pair, c, delta);
    changed ||= biasDelta !== 0 || delta !== 0;
  }
  return changed;
}

function push(block: Block, pair: ContactPair, c: Contact, impulse: number): void {
  block.vx += (impulse * pair.nx) / BLOCK_MASS;
  block.vy += (impulse * pair.ny) / BLOCK_MASS;
  block.spin += (impulse * c.lever) / BLOCK_MOMENT;
}

function pushBias(block: Block, pair: ContactPair, c: Contact, impulse: number): void {
  block.biasVx += (impulse * pair.nx) / BLOCK_MASS;
  block.biasVy += (impulse * pair.ny) / BLOCK_MASS;
  block.biasSpin += (impulse * c.lever) / BLOCK_MOMENT;
}
