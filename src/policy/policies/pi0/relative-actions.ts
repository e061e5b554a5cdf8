/** @file Which dimensions of an action are offsets from the state: an offset that is taken for a target moves an arm to the wrong place. */

/** What a checkpoint of LeRobot says of its actions. */
export interface RelativeSetting {
  readonly enabled: boolean;
  /** Parts of names, in any case: dimensions whose name contains one stay absolute. */
  readonly exclude: readonly string[];
  /** Of the dimensions of an action; null where they are not said. */
  readonly names: readonly string[] | null;
}

/**
 * Dimensions that are offsets from the state at the moment of prediction: all, besides those that are excluded by name; those behind the names are relative, too.
 *
 * Deviation: LeRobot takes every dimension as relative where some are excluded but none is named. A gripper that was meant to stay absolute is not moved on a guess here.
 *
 * @param size A, dimensions of an action
 * @returns bool[A]; null where dimensions are excluded by name, and none has one
 *
 * Source: huggingface/lerobot at 7427f31, processor/relative_action_processor.py `RelativeActionsProcessorStep._build_mask`.
 */
export function relativeDimensions({ enabled, exclude, names }: RelativeSetting, size: number): readonly boolean[] | null {
  const dimensions = Array.from({ length: size }, (_, i) => i);
  if (!enabled) return dimensions.map(() => false);
  const parts = exclude.filter((part) => part !== "").map((part) => part.toLowerCase());
  if (parts.length === 0) return dimensions.map(() => true);
  if (names === null) return null;
  return dimensions.map((i) => !parts.some((part) => names[i]?.toLowerCase().includes(part) === true));
}

export interface RelativeSizes {
  /** A: the robot's own dimensions of an action, and S: its own numbers of a state. */
  readonly action: number;
  readonly state: number;
  /** Dimensions of the network's actions, padding included. */
  readonly padded: number;
}

/**
 * @param relative bool[A], or with the padding, which is ignored; null where the checkpoint does not say
 * @returns bool[A]
 * @throws Error where it is not known, RangeError for another length, or for an offset from a number that the state does not have
 */
export function knownRelative(relative: readonly boolean[] | null, { action, state, padded }: RelativeSizes): readonly boolean[] {
  if (action > padded) throw new RangeError(`pi0: the statistics are of actions of ${action} numbers, expected at most ${padded}, as many as the network writes`);
  if (relative === null) {
    throw new Error(
      "pi0: the checkpoint does not say for certain which actions are offsets from the state, and an offset taken for a target moves an arm to the wrong place; " +
        `say it in code, as \`relative\` of pi0Policy: ${action} booleans, one for each dimension of an action, true where it is an offset`,
    );
  }
  if (relative.length !== action && relative.length !== padded) {
    throw new RangeError(`pi0: relative has ${relative.length} booleans, expected ${action}, one for each dimension of an action; give it so in code`);
  }
  const own = relative.slice(0, action);
  const last = own.lastIndexOf(true);
  if (last >= state) {
    throw new RangeError(`pi0: relative says that dimension ${last} of an action is an offset from that of the state, expected one below ${state}, as many numbers as the state has; set it to false`);
  }
  return own;
}
