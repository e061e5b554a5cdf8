import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { defineCommand, runCommand, UsageError } from "./command.ts";
import { ClosedPipeError } from "./errors.ts";
import { fakeIo } from "./fake-io.ts";

const evalCommand = defineCommand({
  name: "eval",
  summary: "Roll a policy out.",
  example: "tendon eval runs/a --episodes 50",
  positionals: ["run"],
  args: z.object({
    run: z.string().describe("run folder"),
    episodes: z.coerce.number().int().positive().default(50).describe("number of rollouts"),
    seed: z.coerce.number().int().nonnegative().default(0).describe("first seed"),
    learningRate: z.coerce.number().gt(0).max(1).default(1e-3).describe("peak learning rate"),
    head: z.enum(["flow", "mse"]).default("flow").describe("action head"),
    thresholds: z.array(z.number()).default([0.9]).describe("coverage, 0 to 1"),
    report: z.boolean().default(true).describe("write report.html"),
    json: z.boolean().default(false).describe("print one JSON object"),
  }),
  run: (args, io) => io.out(JSON.stringify(args)),
});

async function run(...argv: string[]): Promise<{ status: number; out: string; notes: string[] }> {
  const io = fakeIo();
  const status = await runCommand(evalCommand, argv, io);
  return { status, out: io.outLines.join("\n"), notes: io.noteLines };
}

const parsed = async (...argv: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await run(...argv)).out);

function failing(error: unknown): ReturnType<typeof defineCommand> {
  return defineCommand({
    name: "fail",
    summary: "Fail.",
    example: "tendon fail",
    positionals: [],
    args: z.object({}),
    run: () => {
      throw error;
    },
  });
}

afterEach(() => vi.unstubAllEnvs());

test("defaults fill in what is not given", async () => {
  expect(await parsed("runs/a")).toEqual({
    run: "runs/a",
    episodes: 50,
    seed: 0,
    learningRate: 1e-3,
    head: "flow",
    thresholds: [0.9],
    report: true,
    json: false,
  });
});

test("a value follows its flag after a space or an equals sign, before or after positionals", async () => {
  expect(await parsed("--episodes", "7", "runs/a", "--learning-rate=3e-4")).toMatchObject({
    run: "runs/a",
    episodes: 7,
    learningRate: 3e-4,
  });
});

test("booleans are set by --flag, --no-flag and --flag=value, and take no following word", async () => {
  expect(await parsed("--json", "runs/a", "--no-report")).toMatchObject({ json: true, report: false });
  expect(await parsed("runs/a", "--report=false", "--no-json")).toMatchObject({ report: false });
});

test("lists are comma-separated, repeated, or both", async () => {
  expect(await parsed("runs/a", "--thresholds", "0.8,0.9", "--thresholds=0.95")).toMatchObject({
    thresholds: [0.8, 0.9, 0.95],
  });
});

test("words after -- are positionals", async () => {
  expect(await parsed("--", "--odd-name")).toMatchObject({ run: "--odd-name" });
});

test.each([
  [["runs/a", "--epsiodes", "3"], "unknown flag --epsiodes; did you mean --episodes?"],
  [["runs/a", "--zzzzzz"], "unknown flag --zzzzzz"],
  [["runs/a", "--episodes=x"], `--episodes: got "x", expected an integer ≥ 1 (number of rollouts)`],
  [["runs/a", "--episodes", "0"], `--episodes: got "0", expected an integer ≥ 1 (number of rollouts)`],
  [["runs/a", "--seed", ""], `--seed: got "", expected an integer ≥ 0 (first seed)`],
  [["runs/a", "--episodes", "-3"], `--episodes: got "-3", expected an integer ≥ 1 (number of rollouts)`],
  [["runs/a", "--episodes"], "--episodes needs a value: an integer ≥ 1 (number of rollouts)"],
  [["runs/a", "--episodes", "--json"], "--episodes needs a value: an integer ≥ 1 (number of rollouts)"],
  [
    ["runs/a", "--learning-rate", "2"],
    `--learning-rate: got "2", expected a number > 0 and ≤ 1 (peak learning rate)`,
  ],
  [["runs/a", "--head", "gmm"], `--head: got "gmm", expected one of flow, mse (action head)`],
  [["runs/a", "--json=yes"], `--json: got "yes", expected true or false (print one JSON object)`],
  [["runs/a", "--no-json=1"], "--no-json takes no value, got \"1\""],
  [[], "<run> is missing: text (run folder)"],
  [["runs/a", "runs/b"], `unexpected argument "runs/b"`],
])("%j is one clear line and status 2", async (argv, message) => {
  const { status, out, notes } = await run(...argv);
  expect([status, out, notes]).toEqual([
    2,
    "",
    [`tendon eval: ${message}`, "see: tendon eval --help"],
  ]);
});

test("a rule written in the schema speaks for itself", async () => {
  const args = z
    .object({ low: z.number().default(0), high: z.number().default(1) })
    .refine(({ low, high }) => low < high, "--low must be below --high");
  const command = defineCommand({ ...evalCommand, positionals: [], args, run: () => {} });
  const io = fakeIo();
  expect(await runCommand(command, ["--low", "3"], io)).toBe(2);
  expect(io.noteLines[0]).toBe("tendon eval: --low must be below --high");
});

test("a command's number is the exit status", async () => {
  const command = defineCommand({ ...evalCommand, positionals: [], args: z.object({}), run: () => 1 });
  expect(await runCommand(command, [], fakeIo())).toBe(1);
});

const noSpace = Object.assign(new Error("ENOSPC: no space left on device, write"), {
  code: "ENOSPC",
  syscall: "write",
});
const noAccess = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), {
  code: "EACCES",
  syscall: "mkdir",
  path: "/x",
});

test.each([
  [new Error("runs/a: no checkpoint\n  found"), 1, "runs/a: no checkpoint found"],
  [new UsageError("give --run or --resume"), 2, "give --run or --resume"],
  [new DOMException("This operation was aborted", "AbortError"), 130, "stopped"],
  [noAccess, 1, "cannot create /x: permission denied (EACCES)"],
  [
    new Error("metrics: runs/a/metrics.jsonl", { cause: noSpace }),
    1,
    "metrics: runs/a/metrics.jsonl: cannot write: no space left on the disk (ENOSPC)",
  ],
  [new TypeError("x is not a function"), 1, "x is not a function (unexpected; TENDON_DEBUG=1 shows the stack)"],
  ["plain text", 1, "plain text"],
])("%s becomes one line without a stack", async (error, status, line) => {
  const io = fakeIo();
  expect(await runCommand(failing(error), [], io)).toBe(status);
  expect(io.noteLines[0]).toBe(`tendon fail: ${line}`);
  expect(io.noteLines.join("\n")).not.toMatch(/\n\s+at /);
});

test("TENDON_DEBUG=1 adds the stack", async () => {
  vi.stubEnv("TENDON_DEBUG", "1");
  const io = fakeIo();
  await runCommand(failing(new Error("broken")), [], io);
  expect(io.noteLines[1]).toMatch(/Error: broken\n\s+at /);
});

test("a closed pipe is no news", async () => {
  const io = fakeIo();
  expect(await runCommand(failing(new ClosedPipeError("closed")), [], io)).toBe(141);
  expect(io.noteLines).toEqual([]);
});

test("help ends with the sections of the command, before its example", async () => {
  const io = fakeIo();
  const command = defineCommand({ ...evalCommand, args: z.object({}), positionals: [], sections: [{ title: "Heads", rows: [["mse", "one answer"]] }], run: () => {} });
  await runCommand(command, ["--help"], io);
  expect(io.outLines.join("\n")).toContain("show this text\n\nHeads:\n  mse  one answer\n\nExample:");
});

test("help shows every flag with its meaning, allowed values and default", async () => {
  const { status, out } = await run("--help");
  expect(status).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "Roll a policy out.

    Usage:
      tendon eval <run> [flags]

    Arguments:
      <run>  run folder (required)

    Flags:
      --episodes <number>       number of rollouts (an integer ≥ 1; default 50)
      --seed <number>           first seed (an integer ≥ 0; default 0)
      --learning-rate <number>  peak learning rate (a number > 0 and ≤ 1; default 0.001)
      --head <text>             action head (one of flow, mse; default flow)
      --thresholds <list>       coverage, 0 to 1 (a comma-separated list, each a number; default 0.9)
      --[no-]report             write report.html (on by default)
      --json                    print one JSON object
      --help                    show this text

    Example:
      tendon eval runs/a --episodes 50"
  `);
});
