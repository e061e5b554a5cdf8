/** @file Fit a camera's frame into a square: shrunk as a whole, centred, black around it. Two ways, which give different pixels. */

/**
 * - `"openpi"`: bytes through Pillow's bilinear filter, which averages over all that a pixel covers.
 * - `"lerobot"`: numbers through PyTorch's bilinear interpolation, which looks at four neighbours, however much it shrinks.
 */
export type ResizeWay = "openpi" | "lerobot";

/** A frame u8[h, w, 3]. */
export interface FrameBytes {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * Source: openpi at 15a9616, packages/openpi-client/src/openpi_client/image_tools.py `resize_with_pad` with Pillow 12; huggingface/lerobot at 7427f31,
 * policies/pi0/modeling_pi0.py `resize_with_pad_torch`.
 *
 * @param size side of the square, px
 * @param out receives f32[3, size, size] in [-1, 1], from `offset` on; black is -1
 * @throws RangeError when the bytes do not make the frame
 */
export function resizeWithPad(frame: FrameBytes, { size, way, out, offset = 0 }: { readonly size: number; readonly way: ResizeWay; readonly out: Float32Array; readonly offset?: number }): void {
  const { data, height, width } = frame;
  if (data.length !== 3 * height * width) throw new RangeError(`resizeWithPad: the frame has ${data.length} bytes, expected ${height}×${width}×3`);
  const ratio = Math.max(width / size, height / size);
  const [rows, columns] = [Math.trunc(height / ratio), Math.trunc(width / ratio)];
  const resized = way === "openpi" ? resizeBytes(frame, rows, columns) : interpolate(frame, rows, columns);
  const [top, left] = [Math.floor((size - rows) / 2), Math.floor((size - columns) / 2)];
  out.fill(-1, offset, offset + 3 * size * size);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let c = 0; c < 3; c++) out[offset + (c * size + top + y) * size + left + x] = (resized[(y * columns + x) * 3 + c] ?? 0) / 127.5 - 1;
    }
  }
}

/** Which inputs an output pixel is made of, and how much of each. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Weights of Pillow's bilinear filter: a triangle as wide as what a pixel covers, in whole numbers of 2⁻²². Source: Pillow, src/libImaging/Resample.c. */
function trianglesOf(inputs: number, outputs: number): Taps[] {
  const scale = inputs / outputs;
  const reach = Math.max(1, scale);
  return Array.from({ length: outputs }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const last = Math.min(inputs, Math.trunc(center + reach + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) => Math.max(0, 1 - Math.abs((first + k - center + 0.5) / reach)));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => Math.trunc(0.5 + (weight / total) * 2 ** PRECISION)) };
  });
}

const PRECISION = 22;

/** Across, then down, each rounded to bytes. */
function resizeBytes({ data, height, width }: FrameBytes, rows: number, columns: number): Uint8Array {
  const across = width === columns ? data : filter(data, trianglesOf(width, columns), { lines: height, line: width * 3, step: 3, outLine: columns * 3, outStep: 3 });
  if (height === rows) return across;
  return filter(across, trianglesOf(height, rows), { lines: columns, line: 3, step: columns * 3, outLine: 3, outStep: columns * 3 });
}

interface Walk {
  /** Lines to be filtered, and how far apart they and their pixels are, bytes. */
  readonly lines: number;
  readonly line: number;
  readonly step: number;
  readonly outLine: number;
  readonly outStep: number;
}

function filter(data: Uint8Array, taps: readonly Taps[], { lines, line, step, outLine, outStep }: Walk): Uint8Array {
  const out = new Uint8Array(lines * taps.length * 3);
  for (let i = 0; i < lines; i++) {
    taps.forEach(({ first, weights }, o) => {
      for (let c = 0; c < 3; c++) {
        let sum = 2 ** (PRECISION - 1);
        weights.forEach((weight, k) => (sum += weight * (data[i * line + (first + k) * step + c] ?? 0)));
        out[i * outLine + o * outStep + c] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** PRECISION)));
      }
    });
  }
  return out;
}

/** PyTorch's `interpolate` with `align_corners=False`: between the two nearest rows and columns. */
function interpolate({ data, height, width }: FrameBytes, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns * 3);
  const [down, across] = [neighboursOf(height, rows), neighboursOf(width, columns)];
  down.forEach(({ low: top, high: bottom, share: v }, y) => {
    across.forEach(({ low: left, high: right, share: u }, x) => {
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number): number => data[(row * width + column) * 3 + c] ?? 0;
        const upper = (1 - u) * at(top, left) + u * at(top, right);
        out[(y * columns + x) * 3 + c] = (1 - v) * upper + v * ((1 - u) * at(bottom, left) + u * at(bottom, right));
      }
    });
  });
  return out;
}

function neighboursOf(inputs: number, outputs: number): { readonly low: number; readonly high: number; readonly share: number }[] {
  return Array.from({ length: outputs }, (_, i) => {
    const place = Math.max(0, ((i + 0.5) * inputs) / outputs - 0.5);
    const low = Math.min(inputs - 1, Math.floor(place));
    return { low, high: Math.min(inputs - 1, low + 1), share: place - low };
  });
}
