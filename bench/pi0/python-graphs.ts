/** @file The same graphs in ONNX Runtime called from Python. */

import { fileURLToPath } from "node:url";
import { startPeer, type Peer, type PeerRound } from "../peers/peer.ts";
import type { TimedGraph } from "./kept-export.ts";

/** Of every round, ms. */
export type RoundTimes = Readonly<Record<TimedGraph, readonly number[]>>;

export type PythonRound = PeerRound & Readonly<Record<TimedGraph, number>>;

export interface PythonTimes {
  readonly version: string;
  readonly ms: RoundTimes;
}

const PEER = fileURLToPath(new URL("../peers/pi0_graphs.py", import.meta.url));

/** Loads them; null where no Python is found that has ONNX Runtime. */
export function openPython(graphs: string): Promise<Peer<PythonRound> | null> {
  return startPeer<PythonRound>(PEER, [graphs]);
}

export function byGraph(rounds: readonly PythonRound[]): RoundTimes {
  const of = (name: TimedGraph): readonly number[] => rounds.map((round) => round[name]);
  return { see: of("see"), prefix: of("prefix"), steps: of("steps") };
}

/** With the machine to themselves. */
export async function pythonTimes(graphs: string, rounds: number): Promise<PythonTimes | null> {
  const peer = await openPython(graphs);
  if (peer === null) return null;
  const told: PythonRound[] = [];
  for (let round = 0; round < rounds; round++) told.push(await peer.round());
  await peer.close();
  return { version: peer.version, ms: byGraph(told) };
}
