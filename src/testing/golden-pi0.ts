/** @file Sizes of the golden π0 and π0.5: `fixtures/golden/pi0_tiny.safetensors` and `pi05_tiny.safetensors`. */

import type { Pi0Size } from "#policy/policies";

export const GOLDEN_PI0: Pi0Size = {
  trunk: {
    vision: { image: 14, patch: 7, width: 24, depth: 2, heads: 3, hidden: 40 },
    language: { width: 32, depth: 2, hidden: 64, heads: 8, kvHeads: 1, headSize: 8 },
    vocabulary: 64,
  },
  expert: { width: 24, hidden: 48 },
  chunk: { horizon: 6, actionSize: 8 },
};

export const GOLDEN_PI0_SIZES = { batch: 2, cameras: 2, promptTokens: 9 } as const;
