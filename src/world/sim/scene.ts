/** @file How to draw a state of an environment: shapes, and which entries of a state place them. */

/** What an environment looks like, as a value: whoever draws it asks nothing about the task. */
export interface Scene {
  /** Unit of every length in it. */
  readonly unit: "px" | "m";
  /** The part of the plane that is shown. y grows downwards where `bottom` is the larger, else upwards. */
  readonly view: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** In the order they are drawn. */
  readonly shapes: readonly SceneShape[];
  /** Entries of a state that hold the robot's position. */
  readonly robot: { readonly x: number; readonly y: number };
}

/** What a shape is, which decides its colour. */
export type SceneRole = "goal" | "obstacle" | "block" | "agent";

export interface SceneShape {
  readonly role: SceneRole;
  /** As CSS has it, for what is told apart by its colour; else its role decides. */
  readonly color?: string;
  readonly outline: Outline;
  readonly place: FixedPlace | MovingPlace;
}

export type Outline =
  /** Corners in the shape's own frame. */
  | { readonly kind: "polygon"; readonly corners: readonly (readonly [x: number, y: number])[] }
  /** About the origin of the shape's own frame. */
  | { readonly kind: "circle"; readonly radius: number };

/** A pose that never changes; angle in rad, from the x axis to the y axis. */
export interface FixedPlace {
  readonly kind: "fixed";
  readonly x: number;
  readonly y: number;
  readonly angleRad: number;
}

/** Entries of a state that hold the pose; `angle` is null for what does not turn. */
export interface MovingPlace {
  readonly kind: "moving";
  readonly x: number;
  readonly y: number;
  readonly angle: number | null;
}
