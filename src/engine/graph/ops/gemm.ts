/** @file Product of two matrices, either of them transposed: the work horse of linear layers. */

import { defineOp, type Int4Parts, type OpRules } from "../op.ts";
import { ShapeError } from "../shape.ts";
import { formatType, type Tensor, type TensorType } from "../tensor.ts";
import { sum } from "./sum.ts";

export interface GemmOptions {
  /** Read `a` transposed. Default false. */
  readonly transA?: boolean;
  /** Read `b` transposed. Default false. */
  readonly transB?: boolean;
}

/**
 * y = op(a)·op(b). Transposition costs nothing here: the kernel reads the matrix the other way round.
 *
 * @param a f32[M, K], or [K, M] with `transA`
 * @param b f32[K, N], or [N, K] with `transB`
 * @returns f32[M, N]
 */
export function gemm(a: Tensor, b: Tensor, options: GemmOptions = {}): Tensor {
  return gemmOp([a, b], attributesOf(options));
}

/**
 * y = op(a)·op(b) + bias, the bias added inside the kernel.
 *
 * @param bias f32[N]
 * @returns f32[M, N]
 */
export function gemmBias(a: Tensor, b: Tensor, bias: Tensor, options: GemmOptions = {}): Tensor {
  return gemmBiasOp([a, b, bias], attributesOf(options));
}

interface GemmAttributes {
  readonly transA: boolean;
  readonly transB: boolean;
}

function attributesOf({ transA = false, transB = false }: GemmOptions): GemmAttributes {
  return { transA, transB };
}

const gemmOp = defineOp<[a: Tensor, b: Tensor], GemmAttributes>({
  name: "gemm",
  infer: ([a, b], attributes) => inferGemm(a, b, attributes),
  vjp: (g, [a, b], _y, attributes) => pullBack(g, a, b, attributes),
  lower: lowerGemm,
});

const gemmBiasOp = defineOp<[a: Tensor, b: Tensor, bias: Tensor], GemmAttributes>({
  name: "gemmBias",
  infer([a, b, bias], attributes) {
    const type = inferGemm(a, b, attributes);
    if (bias.shape.length !== 1 || bias.shape[0] !== type.shape[1] || bias.dtype !== a.dtype) {
      throw new ShapeError(`gemmBias: bias is ${formatType(bias)}, expected ${a.dtype}[${type.shape[1]}]`);
    }
    return type;
  },
  vjp: (g, [a, b], _y, attributes) => [...pullBack(g, a, b, attributes), sum(g, 0)],
  lower: lowerGemm,
});

function inferGemm(a: Tensor, b: Tensor, { transA, transB }: GemmAttributes): TensorType {
  const [m = 0, kA = 0] = transA ? [...a.shape].reverse() : a.shape;
  const [kB = 0, n = 0] = transB ? [...b.shape].reverse() : b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || kA !== kB || a.dtype !== b.dtype) {
    const marks = `${transA ? ", a transposed" : ""}${transB ? ", b transposed" : ""}`;
    throw new ShapeError(`gemm: ${formatType(a)} and ${formatType(b)} do not multiply${marks}`);
  }
  return { dtype: a.dtype, shape: [m, n] };
}

/** y = A·B: dA = g·Bᵀ and dB = Aᵀ·g, each written in the orientation its operand is stored in. */
function pullBack(g: Tensor, a: Tensor, b: Tensor, { transA, transB }: GemmAttributes): [Tensor, Tensor] {
  const da = transA ? gemm(b, g, { transA: transB, transB: true }) : gemm(g, b, { transB: !transB });
  const db = transB ? gemm(g, a, { transA: true, transB: transA }) : gemm(a, g, { transA: !transA });
  return [da, db];
}

type Lower = Parameters<OpRules<readonly Tensor[], GemmAttributes>["lower"]>;

function lowerGemm(emit: Lower[0], inputs: Lower[1], { transA, transB }: GemmAttributes, types: Lower[3]): string {
  const [a = "", b = "", bias] = inputs;
  const packed = emit.int4(b);
  if (packed !== undefined && transB && !transA) return lowerInt4(emit, { a, bias, packed }, types);
  return emit.node("Gemm", [...inputs], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
}

/** A product with a matrix in 4 bits: ONNX Runtime rounds the rows of `a` to 8 bits, block by block, and multiplies whole numbers (accuracy level 4). */
function lowerInt4(emit: Lower[0], { a, bias, packed }: { readonly a: string; readonly bias: string | undefined; readonly packed: Int4Parts }, { inputs, output }: Lower[3]): string {
  const [K = 0, N = 0] = [inputs[0]?.shape[1], output.shape[1]];
  const attributes = { K, N, bits: 4, block_size: packed.block, accuracy_level: 4 };
  const product = emit.node("MatMulNBits", [a, packed.codes, packed.scales], attributes, { domain: "com.microsoft" });
  return bias === undefined ? product : emit.node("Add", [product, bias]);
}
