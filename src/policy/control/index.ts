/** @file From chunks to one command per tick. */

export { recedingHorizon, type RecedingHorizon } from "./receding-horizon.ts";
