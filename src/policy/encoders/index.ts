/** @file From observations to the conditioning of a head. */

export { stateEncoder, type Encoder } from "./state.ts";
