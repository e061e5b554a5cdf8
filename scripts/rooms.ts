/** @file The rooms table: which room may import which. One row per room, as in the house rules. */

export interface Room {
  /** Folder under `src/`. */
  readonly folder: string;
  /** Names of the rooms it may import; `"*"` for everything but `testing`. */
  readonly imports: readonly string[] | "*";
}

const words = (list: string): readonly string[] => list.split(" ").filter(Boolean);

/** Anything not listed is an error. */
export const ROOMS: Readonly<Record<string, Room>> = {
  array: { folder: "engine/array", imports: [] },
  onnx: { folder: "engine/onnx", imports: words("array") },
  graph: { folder: "engine/graph", imports: words("array onnx") },
  // Initial values are host arrays drawn from seeded streams.
  nn: { folder: "engine/nn", imports: words("array graph") },
  optim: { folder: "engine/optim", imports: words("graph") },
  runtime: { folder: "engine/runtime", imports: words("array onnx") },

  // Losses keep host tables (noise schedules) and draw times on the host.
  losses: { folder: "action/losses", imports: words("array graph") },
  tokens: { folder: "action/tokens", imports: words("array") },
  // A head says how its random inputs are drawn, so it knows the generator and host arrays.
  heads: { folder: "action/heads", imports: words("array graph nn losses tokens") },

  kinematics: { folder: "world/kinematics", imports: words("array") },
  data: { folder: "world/data", imports: words("array kinematics") },
  sim: { folder: "world/sim", imports: words("array kinematics") },

  // Encoders keep tables of places and means, and cut and tokenize on the host.
  encoders: { folder: "policy/encoders", imports: words("array graph nn") },
  control: { folder: "policy/control", imports: words("array kinematics") },
  policies: {
    folder: "policy/policies",
    imports: words("array graph nn losses heads tokens encoders runtime data control"),
  },
  // The training graph maps a parameter tree to inputs, so it knows the layers' parameter trees.
  training: {
    folder: "policy/training",
    imports: words(
      "array graph optim nn losses heads tokens encoders runtime kinematics data sim control policies",
    ),
  },

  wire: { folder: "service/wire", imports: words("array") },
  client: { folder: "service/client", imports: words("array wire control") },
  serve: { folder: "service/serve", imports: words("array wire policies") },

  doctor: { folder: "app/doctor", imports: words("array data training") },
  cli: { folder: "app/cli", imports: "*" },
};

/** The room only tests, benchmarks and scripts import; it may import every other. */
export const TESTING = "testing";

/** Files and folders that may use `node:*`; everything else runs in a browser as it is. */
export const NODE_PLACES: readonly string[] = [
  "src/engine/runtime/node.ts",
  "src/world/data/node/",
  "src/policy/training/node/",
  "src/service/serve/",
  "src/app/cli/",
  "src/testing/",
  "scripts/",
  "bench/",
  "examples/",
];

/** Packages that load native code or files, so they count as `node:*`. */
export const NODE_PACKAGES: readonly string[] = ["onnxruntime-node"];

/** Specifiers of the parts of rooms that need Node. */
export const NODE_SUBPATHS: readonly string[] = [
  "#engine/runtime/node",
  "#world/data/node",
  "#policy/training/node",
];
