import { expect, test } from "vitest";
import { z } from "zod";
import { runCli } from "./cli.ts";
import { defineCommand } from "./command.ts";
import { fakeIo } from "./fake-io.ts";

const command = (name: string): ReturnType<typeof defineCommand> =>
  defineCommand({
    name,
    summary: `Do ${name}.`,
    example: `tendon ${name} x`,
    positionals: ["what"],
    args: z.object({ what: z.string().default("nothing") }),
    run: ({ what }, io) => io.out(`${name}: ${what}`),
  });

const cli = { commands: ["train", "data import", "data info"].map(command), version: "1.2.3" };

async function run(...argv: string[]): Promise<{ status: number; out: string; note: string }> {
  const io = fakeIo();
  const status = await runCli(cli, argv, io);
  return { status, out: io.outLines.join("\n"), note: io.noteLines[0] ?? "" };
}

test("commands of one and of two words are found", async () => {
  expect(await run("train", "push-t")).toMatchObject({ status: 0, out: "train: push-t" });
  expect(await run("data", "info", "push-t")).toMatchObject({ status: 0, out: "data info: push-t" });
});

test("the version is printed on stdout", async () => {
  expect(await run("--version")).toEqual({ status: 0, out: "1.2.3", note: "" });
});

test("help lists every command, and a first word lists its family", async () => {
  const { status, out } = await run("--help");
  expect(status).toBe(0);
  for (const { name, summary } of cli.commands) expect(out).toMatch(new RegExp(`${name} +${summary}`));
  expect((await run("data", "--help")).out).not.toContain("train  ");
  expect((await run("train", "--help")).out).toContain("Example:\n  tendon train x");
});

test("no command at all is wrong usage and shows the overview", async () => {
  const { status, out, note } = await run();
  expect([status, out]).toEqual([2, ""]);
  expect(note).toContain("Commands:");
});

test.each([
  [["trian"], `tendon: unknown command "trian"; did you mean "train"?`],
  [["dta", "info"], `tendon: unknown command "dta"; did you mean "data info"?`],
  [["data"], `tendon: "data" alone is no command; expected data import or data info`],
  [["data", "x"], `tendon: "data" with "x" is no command; expected data import or data info`],
  [["qqqqqq"], `tendon: unknown command "qqqqqq"`],
])("%j is wrong usage with a hint", async (argv, note) => {
  expect(await run(...argv)).toEqual({ status: 2, out: "", note });
});
