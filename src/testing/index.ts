/** @file Test support: evaluate a graph, central differences. Only tests and benchmarks import it. */

export { cameraScene, type CameraScene } from "./camera-scene.ts";
export { drawn, type Drawn, type DrawnScene } from "./drawn.ts";
export { evaluate, gradientError, relativeError, type Traceable } from "./evaluate.ts";
export { fixedParameters, normalValues, onlyValues, type ParameterValues } from "./fixed-parameters.ts";
export { inDouble, programInDouble } from "./in-double.ts";
export { goldenCase, goldenVectors } from "./golden.ts";
export { normals } from "./normals.ts";
export { LOSS_CASES, type LossCase } from "./loss-cases.ts";
export { SAMPLER_CASES, denoiserOf, leaning, SAMPLED, type SamplerCase, type Sampling } from "./sampler-cases.ts";
export { CODEC_CASES, fittedCodec } from "./codec-cases.ts";
export { emittedNodes, operatorCounts, type EmittedNode } from "./emitted.ts";
export {
  batchOf,
  gradientProgram,
  initialState,
  mlpSpecs,
  ratesOf,
  updateProgram,
  wholeStepProgram,
  type HostState,
} from "./training-step.ts";
export { GOLDEN_PI0, goldenPi0Chunk } from "./golden-pi0.ts";
export { randomChain } from "./random-chain.ts";
export { stoppedGradients, type StoppedProgram } from "./stopped-gradients.ts";
export {
  lossProgram,
  noiseOf,
  randomBatch,
  randomParameters,
  sampleProgram,
  TINY,
  tinyHead,
  type AnyHead,
  type Values,
} from "./tiny-head.ts";
export { bool, f32, f64, i64 } from "./tensor-types.ts";
export { tinyConfig, tinyDataset, tinyPolicy, tinyRows } from "./tiny-run.ts";
export { tinyTrunkConfig, tinyTrunkRows } from "./tiny-trunk-run.ts";
export { withGradients } from "./with-gradients.ts";
export { parameterTypes, withParameters } from "./with-parameters.ts";
