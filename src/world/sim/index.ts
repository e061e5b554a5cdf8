/** @file Environments: simulated tasks, headless, seeded, stepped by the caller. */

export * from "./arm/index.ts";
export * from "./camera/index.ts";
export type { Demonstration } from "./demonstration.ts";
export type { Environment, EnvironmentFacts, StepResult } from "./environment.ts";
export { forkDemonstration, forkDemonstrations, type ForkDemonstration } from "./fork/demonstrations.ts";
export { fork } from "./fork/environment.ts";
export { EXPERT_TICKS, expertJerk, expertPlace, type ExpertPath } from "./fork/expert.ts";
export { FORK_GOAL, FORK_MODES, FORK_OBSTACLE, type Disc } from "./fork/geometry.ts";
export { mirrorFork } from "./fork/mirror.ts";
export { FORK_OBSERVATION_SIZE, observeFork } from "./fork/observe.ts";
export { ENVIRONMENT_NAMES, environmentFacts, makeEnvironment } from "./make-environment.ts";
export { numpyRandom, type NumpyRandom } from "./numpy-random.ts";
export { coverageMeter } from "./push-t/coverage.ts";
export { pushT, type PushT } from "./push-t/environment.ts";
export { AGENT_RADIUS, BOXES, CORNERS, GOAL, WORLD_SIZE, type Box, type Pose } from "./push-t/geometry.ts";
export { mirrorPushTAction, mirrorPushTState } from "./push-t/mirror.ts";
export { observePushT, PUSH_T_OBSERVATION_SIZE } from "./push-t/observe.ts";
export { replayEpisodes, replayErrors, type RecordedEpisode, type ReplaySummary } from "./push-t/replay.ts";
export type { FixedPlace, MovingPlace, Outline, Scene, SceneRole, SceneShape } from "./scene.ts";
