/** @file Read a dataset, fit normalizers and cut training windows. `npx tsx examples/04-read-a-dataset.ts [folder]` */

import { ACTION, batchIndices, chunkSampler, chunkSource, dimensionName, featureStatistics } from "tendon/data";
import { fitNormalizer, frameCount, normalize, STATE, validateDataset } from "tendon/data";
import { readDataset } from "tendon/data/node";

const dataset = await readDataset(process.argv[2] ?? "datasets/push-t");
const { name, fps, episodes, features } = dataset;
console.log(`${name}: ${episodes.length} episodes, ${frameCount(dataset)} frames at ${fps} Hz`);
for (const { severity, message } of validateDataset(dataset)) console.log(`${severity}: ${message}`);

for (const [column, feature] of Object.entries(features)) {
  const { min, max } = featureStatistics(dataset, column);
  const ranges = min.map((low, i) => `${dimensionName(feature, i)} ${low.toFixed(1)} to ${max[i]?.toFixed(1)}`);
  console.log(`${column}: ${ranges.join(", ")}`);
}

// Two observations, then sixteen actions from the current tick on.
const [B, O, H] = [4, 2, 16];
const source = chunkSource(dataset, STATE, ACTION);
const sampler = chunkSampler(source, { obsSteps: O, horizon: H });
const observations = new Float32Array(B * O * source.obsSize);
const actions = new Float32Array(B * H * source.actionSize);
const isPad = new Uint8Array(B * H);
sampler.fill(batchIndices(0, 0, B, sampler.index.windows), observations, actions, isPad);
console.log(`${sampler.index.windows} windows; padded steps in the first batch: ${isPad.reduce((a, b) => a + b, 0)}`);

// Actions as the network sees them: every dimension between -1 and 1.
const normalizer = fitNormalizer("limits", featureStatistics(dataset, ACTION));
const seen = normalize(normalizer, actions);
console.log(`actions: ${Math.min(...actions).toFixed(1)} to ${Math.max(...actions).toFixed(1)} px, ` +
  `normalized ${Math.min(...seen).toFixed(3)} to ${Math.max(...seen).toFixed(3)}`);
