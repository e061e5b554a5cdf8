/** @file Environments: simulated tasks, headless, seeded, stepped by the caller. */

export type { Environment, StepResult } from "./environment.ts";
export { ENVIRONMENT_NAMES, makeEnvironment } from "./make-environment.ts";
export { numpyRandom, type NumpyRandom } from "./numpy-random.ts";
export { coverageMeter } from "./push-t/coverage.ts";
export { pushT } from "./push-t/environment.ts";
export { AGENT_RADIUS, BOXES, CORNERS, GOAL, WORLD_SIZE, type Box, type Pose } from "./push-t/geometry.ts";
export { mirrorPushTAction, mirrorPushTState } from "./push-t/mirror.ts";
export { observePushT, PUSH_T_OBSERVATION_SIZE } from "./push-t/observe.ts";
export { replayEpisodes, replayErrors, type RecordedEpisode, type ReplaySummary } from "./push-t/replay.ts";
