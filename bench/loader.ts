/** @file How a process of its own reads the sources. */

/** Arguments of Node for a process that runs the sources as they are. */
export const LOADER: readonly string[] = ["--import", "tsx", "--conditions=source"];
