/** @file Scripted experts: phases in tool space, each a straight way from where the tool was told to be to a waypoint. */

import type { Rng } from "#engine/array";
import { multiplyQuats, rotation6dFromQuat } from "#world/kinematics";
import { ARM_ACTION_SIZE } from "./action.ts";
import { readSlice, type ArmLayout } from "./layout.ts";
import { DOWN, RATE_HZ } from "./servo.ts";

/** The tool pointing down, turned about z by `yaw`, rad; gripper -1 open to 1 closed. */
export interface Waypoint {
  readonly position: readonly [x: number, y: number, z: number];
  readonly yaw: number;
  readonly gripper: number;
}

/** What an expert sees: the state by names. */
export interface ExpertView {
  /** The numbers of a slice of the state. */
  read(slice: string): readonly number[];
}

export interface Phase {
  /** Where to go, decided when the phase begins. */
  to(view: ExpertView): Waypoint;
  /** Mean speed, m/s. Default 0.35. */
  readonly speed?: number;
  /** Ticks to wait at its end. Default 0. */
  readonly wait?: number;
}

/** An expert of one task. */
export interface ArmExpert {
  /** The phases of an episode that begins in a state; the coin of a task with several ways is drawn from `random`. */
  phases(view: ExpertView, random: Rng): readonly Phase[];
}

const SPEED = 0.35;
/** A turn of 1 rad takes as long as this way, m. */
const TURN_AS_WAY = 0.2;
const SHORTEST_TICKS = 4;

/** Gives the next action of an expert, f64[10], for the state before it; the last phase's end is held for good. */
export function followPhases(phases: readonly Phase[], layout: ArmLayout): (state: ArrayLike<number>) => Float64Array {
  let index = -1;
  let [tick, ticks, wait] = [0, 0, 0];
  let from: Waypoint | undefined;
  let to: Waypoint | undefined;
  const action = new Float64Array(ARM_ACTION_SIZE);

  const begin = (view: ExpertView): void => {
    index += 1;
    const phase = phases[index];
    if (phase === undefined) return;
    from = to ?? { ...phase.to(view), position: triple(view.read("toolPosition")), yaw: 0, gripper: -1 };
    to = phase.to(view);
    tick = 0;
    wait = phase.wait ?? 0;
    ticks = ticksOf(from, to, phase);
  };

  return (state) => {
    const view: ExpertView = { read: (slice) => readSlice(layout, slice, state) };
    if (index < 0 || (tick >= ticks + wait && index < phases.length)) begin(view);
    tick += 1;
    if (from !== undefined && to !== undefined) writeAction(between(from, to, Math.min(1, tick / ticks)), action);
    return action;
  };
}

function ticksOf(from: Waypoint, to: Waypoint, { speed = SPEED }: Phase): number {
  const way = Math.hypot(...from.position.map((value, axis) => (to.position[axis] ?? NaN) - value));
  const seconds = Math.max(way, TURN_AS_WAY * Math.abs(to.yaw - from.yaw)) / speed;
  return from.gripper !== to.gripper && way < 1e-3 ? 1 : Math.max(SHORTEST_TICKS, Math.ceil(seconds * RATE_HZ));
}

/**
 * At a share `s` of the time, the same share of the way: at one speed from the first tick on, so that every observation says what comes next. A slow start
 * would hide in the noise, and how long it has lasted with it. The gripper goes at once.
 */
function between(from: Waypoint, to: Waypoint, s: number): Waypoint {
  const at = (axis: 0 | 1 | 2): number => from.position[axis] + s * (to.position[axis] - from.position[axis]);
  return { position: [at(0), at(1), at(2)], yaw: from.yaw + s * (to.yaw - from.yaw), gripper: to.gripper };
}

function writeAction({ position, yaw, gripper }: Waypoint, out: Float64Array): void {
  out.set(position);
  out.set(rotation6dFromQuat(multiplyQuats([Math.cos(yaw / 2), 0, 0, Math.sin(yaw / 2)], DOWN)), 3);
  out[9] = gripper;
}

function triple([x = NaN, y = NaN, z = NaN]: readonly number[]): [number, number, number] {
  return [x, y, z];
}
