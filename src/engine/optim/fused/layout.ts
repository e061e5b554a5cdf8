/** @file Where each parameter and its optimizer state lie: in which memory, at which byte. Pure arithmetic, no memory is made here. */

/** One parameter; its values are f32. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies: usually true for weight matrices, false for biases and norms. */
  readonly decay: boolean;
  /** Default true. A frozen parameter holds values only: no gradient, no moments, no moving average. */
  readonly trainable?: boolean;
}

/** Every memory is cut into sections of equal order, so that one offset finds a parameter's value, gradient and moments. */
export const SECTIONS = ["params", "gradients", "firstMoments", "secondMoments", "ema", "accumulated"] as const;
export type Section = (typeof SECTIONS)[number];

export interface Placement {
  readonly name: string;
  readonly trainable: boolean;
  /** Bytes from the start of a section, a multiple of 64. */
  readonly offset: number;
  /** Floats, without padding. */
  readonly length: number;
}

/** Neighbouring trainable parameters of one decay group, padding included: what the kernel runs over in one call. */
export interface ParameterRange {
  readonly decay: boolean;
  /** Bytes from the start of a section, a multiple of 64. */
  readonly offset: number;
  /** Floats, a multiple of 16. */
  readonly count: number;
}

/** What one memory holds. */
export interface SegmentLayout {
  readonly placements: readonly Placement[];
  readonly ranges: readonly ParameterRange[];
  /** First byte of each section; sections that are not asked for have length zero. */
  readonly sections: Readonly<Record<Section, number>>;
  readonly byteLength: number;
}

export interface LayoutOptions {
  readonly ema: boolean;
  readonly accumulate: boolean;
  /** Bytes a memory may have. */
  readonly maxMemoryBytes: number;
}

const ALIGNMENT_BYTES = 64;

interface Item {
  readonly spec: ParameterSpec;
  readonly trainable: boolean;
  readonly length: number;
  readonly paddedBytes: number;
  /** Bytes over all sections. */
  readonly totalBytes: number;
}

/** Packs parameters in the order decay, no decay, frozen (each in the given order) into as few memories as that order needs. */
export function arenaLayout(specs: readonly ParameterSpec[], options: LayoutOptions): SegmentLayout[] {
  const copies = 4 + Number(options.ema) + Number(options.accumulate);
  const items = specs.map((spec) => measured(spec, copies));
  refuseDuplicates(specs);
  const ordered = [
    ...items.filter((item) => item.trainable && item.spec.decay),
    ...items.filter((item) => item.trainable && !item.spec.decay),
    ...items.filter((item) => !item.trainable),
  ];
  return filled(ordered, options.maxMemoryBytes).map((part) => segmentLayout(part, options));
}

function measured(spec: ParameterSpec, copies: number): Item {
  if (!spec.shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new Error(`parameterArena: ${spec.name} has shape [${spec.shape.join(", ")}], expected positive whole sizes`);
  }
  const length = spec.shape.reduce((product, size) => product * size, 1);
  const paddedBytes = Math.ceil((length * 4) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const trainable = spec.trainable ?? true;
  return { spec, trainable, length, paddedBytes, totalBytes: paddedBytes * (trainable ? copies : 1) };
}

function refuseDuplicates(specs: readonly ParameterSpec[]): void {
  const seen = new Set<string>();
  for (const { name } of specs) {
    if (seen.has(name)) throw new Error(`parameterArena: two parameters are named ${name}, expected distinct names`);
    seen.add(name);
  }
}

function filled(items: readonly Item[], maxBytes: number): Item[][] {
  const parts: Item[][] = [];
  let used = Infinity;
  for (const item of items) {
    if (item.totalBytes > maxBytes) {
      throw new Error(
        `parameterArena: ${item.spec.name} takes ${item.totalBytes} bytes with its optimizer state, a memory holds ${maxBytes}; ` +
          "split the parameter or freeze it",
      );
    }
    if (used + item.totalBytes > maxBytes) {
      parts.push([]);
      used = 0;
    }
    parts.at(-1)?.push(item);
    used += item.totalBytes;
  }
  return parts;
}

function segmentLayout(items: readonly Item[], options: LayoutOptions): SegmentLayout {
  const placements: Placement[] = [];
  let offset = 0;
  for (const { spec, trainable, length, paddedBytes } of items) {
    placements.push({ name: spec.name, trainable, offset, length });
    offset += paddedBytes;
  }
  const bytesWhere = (keep: (item: Item) => boolean) => items.filter(keep).reduce((sum, item) => sum + item.paddedBytes, 0);
  const decayed = bytesWhere((item) => item.trainable && item.spec.decay);
  const plain = bytesWhere((item) => item.trainable && !item.spec.decay);
  const ranges = [
    { decay: true, offset: 0, count: decayed / 4 },
    { decay: false, offset: decayed, count: plain / 4 },
  ].filter((range) => range.count > 0);
  return { placements, ranges, ...sectionStarts(offset, decayed + plain, options) };
}

function sectionStarts(valueBytes: number, stateBytes: number, { ema, accumulate }: LayoutOptions) {
  const gradients = valueBytes;
  const firstMoments = gradients + stateBytes;
  const secondMoments = firstMoments + stateBytes;
  const average = secondMoments + stateBytes;
  const accumulated = average + (ema ? stateBytes : 0);
  const byteLength = accumulated + (accumulate ? stateBytes : 0);
  return { sections: { params: 0, gradients, firstMoments, secondMoments, ema: average, accumulated }, byteLength };
}
