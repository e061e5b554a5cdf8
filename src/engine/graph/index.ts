/** @file Differentiable programs: trace, differentiate, check, print, emit. */

export { emit, type EmittedModel } from "./emit.ts";
export { gradients } from "./gradients.ts";
export { definedOps, defineOp, type Cotangents, type Emitter, type OpRule, type OpRules } from "./op.ts";
export * from "./ops/index.ts";
export { print } from "./print.ts";
export { reachable, type Program } from "./program.ts";
export { assertDtype, assertShape, broadcastShapes, normalizeAxis, ShapeError } from "./shape.ts";
export {
  constant,
  formatType,
  input,
  isFloat,
  scope,
  type Operand,
  type Tensor,
  type TensorType,
} from "./tensor.ts";
export { verify } from "./verify.ts";
