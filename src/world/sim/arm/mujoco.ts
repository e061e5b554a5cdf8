/** @file MuJoCo: loaded once, models compiled, memory owned, divergence told. The only file that knows its API. */

import type { MainModule, MjData, MjModel } from "@mujoco/mujoco";

export interface LoadOptions {
  /** Where a browser finds `mujoco.wasm`; default beside the script that holds MuJoCo's JavaScript. Only the first call's counts. */
  readonly wasmUrl?: string;
}

let loading: Promise<MainModule> | undefined;

/**
 * Load MuJoCo's single-threaded WebAssembly build: about 0.1 s the first time, nothing later. Environments do it themselves; a browser
 * page whose bundler moves the .wasm file calls this first, to say where it is.
 */
export function loadMuJoCo({ wasmUrl }: LoadOptions = {}): Promise<MainModule> {
  loading ??= load(wasmUrl).catch((cause: unknown) => {
    // The next call may say a better address.
    loading = undefined;
    throw new Error(`loadMuJoCo: MuJoCo did not load${wasmUrl === undefined ? "; in a browser, say where mujoco.wasm is (wasmUrl)" : ` from ${wasmUrl}`}`, { cause });
  });
  return loading;
}

async function load(wasmUrl: string | undefined): Promise<MainModule> {
  const { default: loadModule } = await import("@mujoco/mujoco");
  return loadModule({
    ...(wasmUrl === undefined ? {} : { locateFile: () => wasmUrl }),
    // Warnings are counted and told by `failure`; errors are thrown.
    print: () => {},
    printErr: () => {},
  });
}

/**
 * One model with one state, in memory of its own. Arrays are views of MuJoCo's memory: read or write them at once and keep none, because
 * they lose their content when that memory grows.
 */
export interface Physics {
  /** f64[nq] joint positions: rad, m, and for free bodies m and a quaternion w, x, y, z. */
  readonly positions: Float64Array;
  /** f64[nv] joint velocities. */
  readonly velocities: Float64Array;
  /** f64[nu] actuator targets. */
  readonly controls: Float64Array;
  /** f64[n] sensor values of the last step, in the order of the model. */
  readonly sensors: Float64Array;
  /** First entry of a joint in `positions`. */
  positionIndex(joint: string): number;
  /** Back to the model's start: no velocities, no warnings, nothing kept from before. */
  reset(): void;
  /** Compute what follows from positions and velocities, without moving on. */
  forward(): void;
  /** Move on by one step of the model. */
  step(): void;
  /** Why the simulation cannot be trusted since the last `reset`; null while it can. */
  failure(): string | null;
  /** Free model and state. Once is enough, twice does no harm. */
  close(): void;
}

/**
 * Compile a model in MJCF. Give it `<size memory="…"/>`: MuJoCo reserves 16 MB a state by default.
 *
 * @throws Error in one line when MuJoCo refuses the model
 */
export function compileMjcf(mujoco: MainModule, mjcf: string): Physics {
  const model = compiled(mujoco, mjcf);
  const data = new mujoco.MjData(model);
  let isClosed = false;
  return {
    get positions() {
      return data.qpos as Float64Array; // MuJoCo's declarations say any
    },
    get velocities() {
      return data.qvel as Float64Array;
    },
    get controls() {
      return data.ctrl as Float64Array;
    },
    get sensors() {
      return data.sensordata as Float64Array;
    },
    positionIndex(joint) {
      const id = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT.value, joint);
      if (id < 0) throw new RangeError(`compileMjcf: the model has no joint "${joint}"`);
      return (model.jnt_qposadr as Int32Array)[id] ?? NaN;
    },
    reset: () => mujoco.mj_resetData(model, data),
    forward: () => mujoco.mj_forward(model, data),
    step: () => mujoco.mj_step(model, data),
    failure: () => warningOf(mujoco, data) ?? nonFinite(data),
    close() {
      if (isClosed) return;
      isClosed = true;
      data.delete();
      model.delete();
    },
  };
}

function compiled(mujoco: MainModule, mjcf: string): MjModel {
  try {
    return mujoco.MjModel.from_xml_string(mjcf);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^MuJoCo Error: /, "");
    throw new Error(`compileMjcf: MuJoCo refuses the model: ${reason.trim().replace(/\s+/g, " ")}`, { cause: error });
  }
}

/** The first warning MuJoCo has counted. Instability is one of them: MuJoCo then starts its state afresh without an error. */
function warningOf(mujoco: MainModule, data: MjData): string | null {
  // The list is the data's own and must not be deleted; its entries are copies and must be.
  const warnings = data.warning;
  for (let kind = 0; kind < warnings.size(); kind++) {
    const warning = warnings.get(kind);
    const [count, info] = [warning?.number ?? 0, warning?.lastinfo ?? 0];
    warning?.delete();
    if (count > 0) return mujoco.mju_warningText(kind, info);
  }
  return null;
}

function nonFinite(data: MjData): string | null {
  const isFinite = [data.qpos, data.qvel].every((values: Float64Array) => values.every(Number.isFinite));
  return isFinite ? null : "a position or velocity is not finite";
}
