/** @file Types of tensors in few letters. */

import type { TensorType } from "#engine/graph";

export const f32 = (...shape: number[]): TensorType => ({ dtype: "f32", shape });
export const f64 = (...shape: number[]): TensorType => ({ dtype: "f64", shape });
export const i64 = (...shape: number[]): TensorType => ({ dtype: "i64", shape });
export const bool = (...shape: number[]): TensorType => ({ dtype: "bool", shape });
