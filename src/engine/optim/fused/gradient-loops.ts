/** @file Loops over gradients as WebAssembly SIMD: sum of squares, scaled addition, clearing. Counts are floats, multiples of 16. */

import { FLOATS_PER_TURN } from "./adamw-loop.ts";
import { countDown, f32, f32x4, f64, f64x2, functionBuilder, i32, memoryZero, v128, type WasmFunction } from "./wasm.ts";

const BYTES_PER_TURN = FLOATS_PER_TURN * 4;

/**
 * `sumSquares(source: i32 byte address, count: i32) → f64`. Every value is widened before it is squared, so squares are exact and
 * gradients of 1e30 still have a finite sum. Eight accumulators of two lanes hide the latency of the additions; their fixed order
 * makes the result reproducible.
 */
export function sumSquaresFunction(): WasmFunction {
  const fn = functionBuilder("sumSquares");
  const source = fn.param("i32");
  const count = fn.param("i32");
  const wide = fn.local("v128");
  const sums = Array.from({ length: FLOATS_PER_TURN / 2 }, () => fn.local("v128"));
  const turn = sums.flatMap((sum, pair) => [
    wide.set(f64x2.promoteLow(v128.load64(source.get, pair * 8))),
    sum.set(f64x2.add(sum.get, f64x2.mul(wide.get, wide.get))),
  ]);
  const advance = source.set(i32.add(source.get, i32.const(BYTES_PER_TURN)));
  const total = sums.map((sum) => sum.get).reduce((left, right) => f64x2.add(left, right));
  const result = f64.add(f64x2.lane(total, 0), f64x2.lane(total, 1));
  return fn.finish([countDown(count, FLOATS_PER_TURN, [...turn, advance])], result);
}

/** `scaleAdd(target, source: i32 byte addresses, count: i32, scale: f64)`: target ← target + scale·source. */
export function scaleAddFunction(): WasmFunction {
  const fn = functionBuilder("scaleAdd");
  const target = fn.param("i32");
  const source = fn.param("i32");
  const count = fn.param("i32");
  const scale = fn.param("f64");
  const factor = fn.local("v128");
  const turn = [0, 16, 32, 48].map((offset) => {
    const added = f32x4.mul(v128.load(source.get, offset), factor.get);
    return v128.store(target.get, offset, f32x4.add(v128.load(target.get, offset), added));
  });
  const advance = [target, source].map((pointer) => pointer.set(i32.add(pointer.get, i32.const(BYTES_PER_TURN))));
  return fn.finish([factor.set(f32x4.splat(f32.demote(scale.get))), countDown(count, FLOATS_PER_TURN, [...turn, ...advance])]);
}

/** `clear(target: i32 byte address, count: i32)`: target ← 0. */
export function clearFunction(): WasmFunction {
  const fn = functionBuilder("clear");
  const target = fn.param("i32");
  const count = fn.param("i32");
  return fn.finish([memoryZero(target.get, i32.mul(count.get, i32.const(4)))]);
}
