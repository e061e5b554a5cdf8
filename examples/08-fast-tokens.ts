/** @file Write Push-T chunks as FAST tokens: how many tokens, how exact, how fast. `npx tsx examples/08-fast-tokens.ts [folder]` */

import { ACTION, columnOf, featureStatistics, fitNormalizer, normalize } from "tendon/data";
import { readDataset } from "tendon/data/node";
import { fastCodec, fitFast, TokenError } from "tendon/tokens";

const [H, A] = [16, 2];
const dataset = await readDataset(process.argv[2] ?? "datasets/push-t");
const normalizer = fitNormalizer("limits", featureStatistics(dataset, ACTION));

/** Every whole chunk of some episodes, normalized. */
function chunksOf(choose: (episode: number) => boolean): Float32Array[] {
  return dataset.episodes.filter((_, i) => choose(i)).flatMap((episode) => {
    const actions = Float32Array.from(normalize(normalizer, columnOf(episode, ACTION)));
    const count = Math.max(0, actions.length / A - H + 1);
    return Array.from({ length: count }, (_, t) => actions.subarray(t * A, (t + H) * A));
  });
}

const seen = chunksOf((i) => i % 10 !== 9);
const unseen = chunksOf((i) => i % 10 === 9);
const decoded = new Float64Array(H * A);
console.log(`${seen.length} chunks of ${H} × ${A} numbers to learn from, ${unseen.length} others to try`);

for (const scale of [5, 10, 20]) {
  const codec = fastCodec(fitFast(seen, { horizon: H, actionSize: A, scale }));
  let [tokens, clamped, error] = [0, 0, 0];
  const start = performance.now();
  for (const chunk of unseen) {
    const sequence = codec.encode(chunk);
    tokens += sequence.ids.length;
    clamped += sequence.clamped;
    codec.decode(sequence.ids, decoded);
    for (let i = 0; i < H * A; i++) error += Math.abs((decoded[i] ?? NaN) - (chunk[i] ?? NaN));
  }
  const rate = (unseen.length * H * 1000) / (performance.now() - start);
  console.log(`scale ${scale}: ${(tokens / unseen.length).toFixed(1)} tokens per chunk, mean error ` +
    `${(error / (unseen.length * H * A)).toFixed(3)} of ±1, ${clamped} clamped; ${Math.round(rate / 1000)}k actions/s`);
}

// A sequence that is cut off stands for no action, and says where it ends.
const codec = fastCodec(fitFast(seen.slice(0, 1000), { horizon: H, actionSize: A }));
try {
  codec.decode(codec.encode(unseen[0] ?? []).ids.slice(0, 2), decoded);
} catch (error) {
  if (error instanceof TokenError) console.log(`position ${error.position}: ${error.message}`);
}
