/** @file The chunk of a golden π0 by an execution provider, printed as JSON: `pi0-chunk.ts VARIANT PROVIDER`. A process of its own, because drivers are found when one starts. */

import { openSession } from "#engine/runtime/node";
import type { Pi0Variant } from "#policy/policies";
import { goldenPi0Chunk } from "./golden-pi0.ts";

const [, , variant = "pi0", provider = "cpu"] = process.argv;
// Words of the test that starts this.
process.stdout.write(JSON.stringify(await goldenPi0Chunk(variant as Pi0Variant, openSession, { provider: provider as "cpu" })));
