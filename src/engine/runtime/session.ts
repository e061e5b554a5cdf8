/** @file A session runs one ONNX model. The same interface stands in front of every ONNX Runtime build. */

import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from "onnxruntime-common";
import { hostTensor, type Dtype, type HostTensor } from "#engine/array";

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** A model loaded into a runtime. Owns native memory: close it, or hold it with `await using`. */
export interface Session extends AsyncDisposable {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Run once; results are new tensors.
   *
   * @throws Error when an input is missing or unknown, or the runtime refuses a shape
   */
  run(feeds: HostTensors): Promise<Record<string, HostTensor>>;
  /**
   * Fix the buffers of a call: each run reads `feeds` as they then are and writes into `outputs`. A bound call
   * allocates nothing that grows with the tensors.
   */
  bind(feeds: HostTensors, outputs: HostTensors): BoundCall;
  /** Free native memory. Closing twice is closing once; a closed session does not run. */
  close(): Promise<void>;
}

export interface BoundCall {
  run(): Promise<void>;
}

export interface SessionOptions {
  /** Worker threads of one operator; default: the runtime's choice, the number of physical cores. */
  readonly threads?: number;
  /** How far the runtime may rewrite the graph; "basic" keeps to fusions that work in every dtype. Default "all". */
  readonly optimization?: "basic" | "all";
  /** Execution provider: where kernels run. Default "cpu" in Node, "wasm" in a browser. */
  readonly provider?: "cpu" | "wasm" | "webgpu" | "cuda";
  /**
   * Browser only: the address of the folder with ONNX Runtime's `.wasm` and `.mjs` files, ending in a slash. Default: beside the
   * script. The first session of a page decides.
   */
  readonly wasmPaths?: string;
}

/** Opens sessions: `openSession` of `node.ts` or of `web.ts`. Rooms above take it as an argument. */
export type OpenSession = (model: Uint8Array, options?: SessionOptions) => Promise<Session>;

type TypeName = "float32" | "float64" | "int64" | "bool";

const ORT_TYPES: Readonly<Record<Dtype, TypeName>> = { f32: "float32", f64: "float64", i64: "int64", bool: "bool" };

/** In what ONNX Runtime's builds differ. */
export interface RuntimeTraits {
  /** Whether `run` writes into output tensors it is given. The WebAssembly build takes them and leaves them as they are. */
  readonly fillsOutputs: boolean;
  /** An output before those of the model, for runs that fill outputs: asking for it ends them with this message, before results are copied. */
  readonly unreadable?: { readonly name: string; readonly complaint: string };
}

/** Put our interface in front of a session of any ONNX Runtime build. */
export function wrapSession(session: InferenceSession, Tensor: TensorConstructor, traits: RuntimeTraits): Session {
  const outputNames = session.outputNames.filter((name) => name !== traits.unreadable?.name);
  const allOutputs = Object.fromEntries(outputNames.map((name) => [name, null]));
  const toOrt = (tensor: HostTensor): OrtTensor =>
    new Tensor(ORT_TYPES[tensor.dtype], tensor.data as Float32Array, tensor.shape);
  const convert = (tensors: HostTensors, known: readonly string[], who: string): Record<string, OrtTensor> => {
    checkNames(Object.keys(tensors), known, who);
    return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOrt(tensor)]));
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= session.release());

  return {
    inputNames: session.inputNames,
    outputNames,
    async run(feeds) {
      const results = await session.run(convert(feeds, session.inputNames, "feeds"), allOutputs);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor)]));
    },
    bind(feeds, outputs) {
      const inputs = convert(feeds, session.inputNames, "feeds");
      const fetches = convert(outputs, outputNames, "outputs");
      return {
        async run() {
          if (traits.fillsOutputs) await fill(session, { inputs, fetches }, traits);
          else copyInto(outputs, await session.run(inputs, allOutputs));
        },
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Run, and leave the results where the fetches are. */
async function fill(
  session: InferenceSession,
  { inputs, fetches }: { readonly inputs: Record<string, OrtTensor>; readonly fetches: Record<string, OrtTensor> },
  { unreadable }: RuntimeTraits,
): Promise<void> {
  if (unreadable === undefined) return void (await session.run(inputs, fetches));
  try {
    await session.run(inputs, { ...fetches, [unreadable.name]: null });
  } catch (error) {
    if (!(error instanceof Error && error.message === unreadable.complaint)) throw error;
  }
}

function copyInto(targets: HostTensors, results: Readonly<Record<string, OrtTensor>>): void {
  for (const [name, { dtype, shape, data }] of Object.entries(targets)) {
    const result = results[name];
    if (result === undefined || result.type !== ORT_TYPES[dtype] || result.size !== data.length) {
      throw new Error(`session: output ${name} is ${result?.type}[${result?.dims.join(", ")}], its buffer ${dtype}[${shape.join(", ")}]`);
    }
    // The dtypes are equal, so the arrays are of one kind.
    (data as Float32Array).set(result.data as Float32Array);
    result.dispose();
  }
}

function fromOrt(tensor: OrtTensor): HostTensor {
  const entry = Object.entries(ORT_TYPES).find(([, name]) => name === tensor.type);
  if (entry === undefined) throw new Error(`session: the model returns ${tensor.type}, which has no host tensor`);
  return hostTensor(entry[0] as Dtype, tensor.dims, tensor.data as Float32Array);
}

function checkNames(got: readonly string[], known: readonly string[], who: string): void {
  const missing = known.filter((name) => !got.includes(name));
  const unknown = got.filter((name) => !known.includes(name));
  if (missing.length + unknown.length > 0) {
    throw new Error(
      `session: ${who} do not fit the model: missing [${missing.join(", ")}], unknown [${unknown.join(", ")}]`,
    );
  }
}
