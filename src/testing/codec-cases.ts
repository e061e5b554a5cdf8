/** @file Every tokenizer of single actions, in several sizes and with several options: tests enumerate them, in Node and in Chromium. */

import { fitCodec, gridCodec, SCHEME_NAMES, type SchemeName } from "#action/tokens";
import { rng } from "#engine/array";

/** How many actions a codec is fitted to. */
const ROWS = 400;
/** The action sizes each scheme is tried with. */
const SIZES: Readonly<Record<SchemeName, readonly number[]>> = {
  rt1: [1, 2, 7],
  rt2: [8],
  openvla: [2, 7],
  octo: [2, 7],
  spatialvla: [7],
  planar: [2],
};

/** f32[rows · A], normal around 0.1, inside [-1, 1]; RT-2's first number says whether to stop, 0 or 1. */
function actionRows(name: SchemeName, actionSize: number): Float32Array {
  const rows = new Float32Array(ROWS * actionSize);
  rng(7, "rows", actionSize).fillNormal(rows);
  return rows.map((value, i) => {
    if (name === "rt2" && i % actionSize === 0) return value > 1 ? 1 : 0;
    return Math.max(-1, Math.min(1, 0.1 + 0.4 * value));
  });
}

const VARIANTS: Readonly<Record<SchemeName, readonly Readonly<Record<string, unknown>>[]>> = {
  rt1: [{}, { bins: 16 }],
  rt2: [{}],
  openvla: [{}],
  octo: [{}, { binning: "normal" }, { bins: 5 }],
  spatialvla: [{}, { minSigma: 0 }, { zeroCell: true }, { decoding: "mean" }, { zeroCell: true, decoding: "mean" }, { gaussians: null }],
  planar: [{}, { minSigma: 0.5, phiBins: 7, rBins: 3 }, { zeroCell: true }, { decoding: "mean" }, { gaussians: null }],
};

/** A scheme, an action size and options, with a title. */
export const CODEC_CASES = SCHEME_NAMES.flatMap((name) =>
  SIZES[name].flatMap((size) => VARIANTS[name].map((options) => ({ name, size, options, title: `${name} ${size}-D ${JSON.stringify(options)}` }))),
);

export type CodecCase = (typeof CODEC_CASES)[number];

/** Fitted to `actionRows`. */
export function fittedCodec({ name, size, options }: CodecCase) {
  const rows = actionRows(name, size);
  const spec = fitCodec(name, rows, size, options);
  const codec = gridCodec(spec);
  return { rows, spec, codec, ids: new Int32Array(codec.slots.length), decoded: new Float64Array(size) };
}
