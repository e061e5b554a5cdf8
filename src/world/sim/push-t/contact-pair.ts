/** @file A pair of touching shapes, and what it remembers from one step to the next. */

/** One point where the block is touched. */
export interface Contact {
  /** Tells the same point again in a later step. */
  key: number;
  /** Signed distance along the normal, px; negative when the shapes overlap. */
  distance: number;
  /** Cross product of the arm from the centre of mass with the normal, px: the spin a unit impulse causes. */
  lever: number;
  /** Normal impulse so far; it starts the next step's solution. */
  impulse: number;
  /** 1 / (what a unit impulse adds to the normal velocity). */
  effectiveMass: number;
  /** Normal velocity that undoes the overlap, px/s, and its impulse. */
  bias: number;
  biasImpulse: number;
}

/** One box of the block and one shape it can touch: the agent or a wall. */
export interface ContactPair {
  /** Step at which the shapes last touched. */
  seenStep: number;
  /** True unless the shapes also touched in the step before: then the old impulse is not applied in advance. */
  isNew: boolean;
  /** Unit normal, world axes, from the other shape into the block. */
  nx: number;
  ny: number;
  /** Normal velocity of the other shape, px/s. */
  pushSpeed: number;
  /** How many of `contacts` hold. */
  count: number;
  readonly contacts: readonly [Contact, Contact];
  /** Keys and impulses of the contacts before the present ones. */
  rememberedCount: number;
  readonly rememberedKeys: Int32Array;
  readonly rememberedImpulses: Float64Array;
}

/** Steps for which the impulses of shapes that came apart are remembered (Chipmunk's collision persistence). */
const PERSISTENCE = 3;

export function contactPair(): ContactPair {
  return {
    seenStep: -Infinity,
    isNew: true,
    nx: 0,
    ny: 0,
    pushSpeed: 0,
    count: 0,
    contacts: [contact(), contact()],
    rememberedCount: 0,
    rememberedKeys: new Int32Array(2),
    rememberedImpulses: new Float64Array(2),
  };
}

function contact(): Contact {
  return { key: 0, distance: 0, lever: 0, impulse: 0, effectiveMass: 0, bias: 0, biasImpulse: 0 };
}

/** Drop all memory, as in a world that has just been made. */
export function forgetPair(pair: ContactPair): void {
  pair.seenStep = -Infinity;
  pair.count = 0;
}

/** The shapes touch in this step: move the present contacts to memory and start an empty set. */
export function beginPair(pair: ContactPair, step: number): void {
  const stepsSince = step - pair.seenStep;
  pair.isNew = stepsSince !== 1;
  pair.rememberedCount = stepsSince <= PERSISTENCE ? pair.count : 0;
  for (let i = 0; i < pair.rememberedCount; i++) {
    const old = pair.contacts[i === 0 ? 0 : 1];
    pair.rememberedKeys[i] = old.key;
    pair.rememberedImpulses[i] = old.impulse;
  }
  pair.seenStep = step;
  pair.count = 0;
}

/** Add a contact; it takes over the impulse of the remembered contact with the same key. */
export function addContact(pair: ContactPair, key: number, distance: number, lever: number): void {
  const added = pair.contacts[pair.count === 0 ? 0 : 1];
  pair.count++;
  added.key = key;
  added.distance = distance;
  added.lever = lever;
  added.impulse = 0;
  for (let i = 0; i < pair.rememberedCount; i++) {
    if (pair.rememberedKeys[i] === key) added.impulse = pair.rememberedImpulses[i] ?? 0;
  }
}
