/** @file Running ONNX models: the session interface. `runtime/node` and `runtime/web` open sessions. */

export {
  wrapSession,
  type BoundCall,
  type HostTensors,
  type OpenSession,
  type RuntimeTraits,
  type Session,
  type SessionOptions,
} from "./session.ts";
