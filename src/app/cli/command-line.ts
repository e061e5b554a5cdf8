/** @file How the program was started. */

/** The words the program was started with, as a person would type them. */
export function commandLine(): string {
  return ["tendon", ...process.argv.slice(2)].join(" ");
}
