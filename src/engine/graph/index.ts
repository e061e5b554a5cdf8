/** @file Differentiable programs: trace, differentiate, check, print, emit. */

export { emit, INT4_BLOCK, int4Keys, type EmittedModel, type PlaceOf } from "./emit.ts";
export { gradients } from "./gradients.ts";
export { definedOps, defineOp, type Cotangents, type Emitter, type Int4Parts, type OpRule, type OpRules } from "./op.ts";
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
  stored,
  type Operand,
  type StoredFormat,
  type Tensor,
  type TensorType,
} from "./tensor.ts";
export { verify } from "./verify.ts";
