/** @file Multi-head attention in pieces: project, attend, merge. */

import { add, gemmBias, matmul, mul, reshape, ShapeError, slice, softmax, transpose, type Tensor } from "#engine/graph";
import { fanIn, zeros } from "./initializers.ts";
import { linear, linearSpec, type LinearSpec } from "./linear.ts";
import { parameter, type Initializer, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

/**
 * Projections of queries, keys and values, packed in this order as in PyTorch's `MultiheadAttention`, and of the
 * result.
 *
 * `inProjWeight` f32[3·D, D], `inProjBias` f32[3·D], `outProj` D → D.
 */
export interface AttentionSpec {
  readonly [name: string]: ParameterSpec | LinearSpec;
  readonly inProjWeight: ParameterSpec;
  readonly inProjBias: ParameterSpec;
  readonly outProj: LinearSpec;
}

export interface AttentionOptions {
  readonly role: ParameterRole;
  /** Initial weights of all projections; default uniform in ±1/√D. Biases start at 0. */
  readonly weight?: Initializer;
}

export function attentionSpec(width: number, options: AttentionOptions): AttentionSpec {
  const { role, weight = fanIn(width) } = options;
  return {
    inProjWeight: parameter([3 * width, width], weight, { decay: true, role }),
    inProjBias: parameter([3 * width], zeros, { decay: false, role }),
    outProj: linearSpec(width, width, { role, weight, bias: zeros }),
  };
}

/** Keys and values by head, f32[B, heads, M, D/heads] each: what a cache keeps. */
export interface KeysValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** The same with queries f32[B, heads, N, D/heads]. */
export interface QueriesKeysValues extends KeysValues {
  readonly queries: Tensor;
}

/**
 * Queries, keys and values of the same tokens, in one product.
 *
 * @param x f32[B, N, D]
 * @param heads divides D
 */
export function projectQkv(p: Traced<AttentionSpec>, x: Tensor, heads: number): QueriesKeysValues {
  const [queries, keys, values] = projections(p, x, heads, [0, 3]) as [Tensor, Tensor, Tensor];
  return { queries, keys, values };
}

/** Queries alone, f32[B, heads, N, D/heads]. @param x f32[B, N, D] */
export function projectQueries(p: Traced<AttentionSpec>, x: Tensor, heads: number): Tensor {
  return projections(p, x, heads, [0, 1])[0] as Tensor;
}

/** Keys and values of tokens that others look at. @param memory f32[B, M, D] */
export function projectKeysValues(p: Traced<AttentionSpec>, memory: Tensor, heads: number): KeysValues {
  const [keys, values] = projections(p, memory, heads, [1, 3]) as [Tensor, Tensor];
  return { keys, values };
}

/**
 * softmax(q·kᵀ/√d + mask)·v.
 *
 * Keys and values may have fewer heads than queries: each then serves several, one after the other. With a cache, the keys are
 * those of all tokens so far and the queries those of the new ones.
 *
 * @param qkv queries f32[B, heads, N, d]; keys and values f32[B, heads or a divisor of it, M, d]
 * @param mask f32, added to the scores f32[B, heads, N, M], which it broadcasts to: 0 where a query may look, `MASKED` elsewhere
 * @returns f32[B, heads, N, d]
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, eq. 1; shared keys as in Ainslie et al. 2023, arXiv:2305.13245.
 */
export function attend({ queries, keys, values }: QueriesKeysValues, mask?: Tensor): Tensor {
  const [batch = 0, heads = 0, tokens = 0, size = 1] = queries.shape;
  const [, groups = 0, others = 0] = keys.shape;
  // Queries that share keys are rows of one product: the keys are read once.
  const grouped = reshape(mul(queries, 1 / Math.sqrt(size)), [batch, groups, (heads / groups) * tokens, size]);
  const scores = reshape(matmul(grouped, transpose(keys)), [batch, heads, tokens, others]);
  const weights = softmax(mask === undefined ? scores : add(scores, mask));
  const mixed = matmul(reshape(weights, [batch, groups, (heads / groups) * tokens, others]), values);
  return reshape(mixed, queries.shape);
}

/** Put heads back together and project: f32[B, heads, N, d] → f32[B, N, D]. */
export function projectAttended(p: Traced<AttentionSpec>, attended: Tensor): Tensor {
  return linear(p.outProj, mergeHeads(attended));
}

/** Every token looks at every token that the mask leaves it. @param x f32[B, N, D] */
export function selfAttention(p: Traced<AttentionSpec>, x: Tensor, heads: number, mask?: Tensor): Tensor {
  return projectAttended(p, attend(projectQkv(p, x, heads), mask));
}

/**
 * Tokens look at other tokens.
 *
 * @param x f32[B, N, D]
 * @param memory keys and values of the others, from `projectKeysValues`; the number of heads is theirs
 */
export function crossAttention(p: Traced<AttentionSpec>, x: Tensor, memory: KeysValues, mask?: Tensor): Tensor {
  const queries = projectQueries(p, x, memory.keys.shape[1] ?? 1);
  return projectAttended(p, attend({ queries, ...memory }, mask));
}

/** f32[B, N, D] → f32[B, heads, N, D/heads]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  return transpose(reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

/** f32[B, heads, N, d] → f32[B, N, heads·d]. */
export function mergeHeads(x: Tensor): Tensor {
  const [batch = 0, heads = 0, tokens = 0, size = 0] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * size]);
}

/** The projections `from` … `to` - 1 of queries (0), keys (1) and values (2). */
function projections(p: Traced<AttentionSpec>, x: Tensor, heads: number, [from, to]: readonly [number, number]): Tensor[] {
  const [batch = 0, tokens = 0, width = 0] = x.shape;
  if (x.shape.length !== 3 || p.inProjWeight.shape[1] !== width || !Number.isInteger(width / heads)) {
    const expected = `[B, N, ${p.inProjWeight.shape[1]}] with a width that ${heads} heads divide`;
    throw new ShapeError(`attention: tokens are ${x.dtype}[${x.shape.join(", ")}], expected ${expected}`);
  }
  const rows = reshape(x, [batch * tokens, width]);
  const weight = slice(p.inProjWeight, 0, from * width, to * width);
  const bias = slice(p.inProjBias, 0, from * width, to * width);
  const packed = gemmBias(rows, weight, bias, { transB: true });
  return Array.from({ length: to - from }, (_, i) => {
    const part = slice(packed, 1, i * width, (i + 1) * width);
    return splitHeads(reshape(part, [batch, tokens, width]), heads);
  });
}
