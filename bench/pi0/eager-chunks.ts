/** @file A chunk of the reference: LeRobot's π0 in PyTorch, of the published size. */

import { fileURLToPath } from "node:url";
import { startPeer } from "../peers/peer.ts";

const PEER = fileURLToPath(new URL("../peers/pi0_eager.py", import.meta.url));

/** How often one process draws a chunk that is timed, behind one that is not. */
const ROUNDS = 2;

export interface EagerChunks {
  /** Of PyTorch. */
  readonly version: string;
  readonly parameters: number;
  /** A chunk each. */
  readonly ms: readonly number[];
}

/** Times in a process that has ended when they are there: the reference and ours do not fit into 24 GB of memory together. Null where no Python has LeRobot. */
export async function eagerChunks(cameras: number): Promise<EagerChunks | null> {
  const peer = await startPeer(PEER, [String(cameras)]);
  if (peer === null) return null;
  const ms: number[] = [];
  for (let round = 0; round < ROUNDS; round++) ms.push((await peer.round()).ms);
  await peer.close();
  return { version: peer.version, parameters: peer.parameters ?? NaN, ms };
}
