/** @file Matrices in 4 bits: blocks of whole numbers with a scale each, as ONNX Runtime's `MatMulNBits` reads them. */

export interface Int4Matrix {
  /** u8[N, ⌈K / block⌉, block / 2]: the even element of a pair in the low half of its byte. */
  readonly codes: Uint8Array;
  /** f32[N · ⌈K / block⌉]: an element is (code - 8)·scale. */
  readonly scales: Float32Array;
}

export interface Int4Size {
  /** K: length of a row. */
  readonly columns: number;
  /** Elements that share a scale, even. */
  readonly block: number;
}

/**
 * The nearest matrix in 4 bits. Codes run from -8 to 7, so the largest element of a block, whichever its sign, is told exactly by -8.
 *
 * @param values f32[N * K], row by row
 * @throws RangeError when the values do not make rows
 *
 * Source: the symmetric 4-bit blocks of llama.cpp (Q4_0), in the layout of ONNX Runtime's contrib operator MatMulNBits.
 */
export function packInt4(values: Float32Array, { columns, block }: Int4Size): Int4Matrix {
  const { rows, blocks } = layout(values.length, { columns, block });
  const codes = new Uint8Array(rows * blocks * (block / 2)).fill(0x88);
  const scales = new Float32Array(rows * blocks);
  for (let part = 0; part < rows * blocks; part++) {
    const [row, nth] = [Math.floor(part / blocks), part % blocks];
    const [from, count] = [row * columns + nth * block, Math.min(block, columns - nth * block)];
    const scale = largestOf(values, from, count) / -8;
    scales[part] = scale;
    for (let i = 0; i < count; i++) {
      const code = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round((values[from + i] ?? 0) / scale) + 8));
      const at = part * (block / 2) + (i >> 1);
      codes[at] = i % 2 === 0 ? ((codes[at] ?? 0) & 0xf0) | code : ((codes[at] ?? 0) & 0x0f) | (code << 4);
    }
  }
  return { codes, scales };
}

/** The values that a matrix in 4 bits stands for, f32[N * K]. */
export function unpackInt4({ codes, scales }: Int4Matrix, { columns, block }: Int4Size): Float32Array {
  const blocks = Math.ceil(columns / block);
  return Float32Array.from({ length: (scales.length / blocks) * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const part = row * blocks + Math.floor(column / block);
    const byte = codes[part * (block / 2) + ((column % block) >> 1)] ?? 0;
    return ((column % 2 === 0 ? byte & 0x0f : byte >> 4) - 8) * (scales[part] ?? 0);
  });
}

/** The element of a block that is farthest from 0, with its sign. */
function largestOf(values: Float32Array, from: number, count: number): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) {
    const value = values[i] ?? 0;
    if (Math.abs(value) > Math.abs(largest)) largest = value;
  }
  return largest;
}

function layout(length: number, { columns, block }: Int4Size): { readonly rows: number; readonly blocks: number } {
  const rows = length / columns;
  if (!Number.isInteger(rows)) throw new RangeError(`packInt4: ${length} values do not make rows of ${columns}`);
  if (block % 2 !== 0) throw new RangeError(`packInt4: blocks of ${block}, expected an even number`);
  return { rows, blocks: Math.ceil(columns / block) };
}
