/** @file What README and guides say is what the repository holds: code, links, configuration, commands. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { PRESETS, runConfigSchema } from "#policy/training";

const guides = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => join("docs", name));
const pages = ["README.md", "CONTRIBUTING.md", ...guides];
const text = (path: string): string => readFileSync(path, "utf8");

test.each([
  ["README.md", "examples/05-head-to-onnx.ts"],
  ["docs/engine.md", "examples/06-define-an-op.ts"],
  ["docs/cameras.md", "examples/11-cameras.ts"],
  ["docs/kinematics.md", "examples/12-reach-a-pose.ts"],
])("%s shows %s word for word", (page, example) => {
  expect(text(page)).toContain(`\`\`\`ts\n${text(example)}\`\`\``);
});

test.each(pages)("every link of %s inside the repository leads somewhere", (page) => {
  const targets = [...text(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
  const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
  const broken = inside.filter((target) => !existsSync(normalize(join(dirname(page), target))));
  expect(broken).toEqual([]);
});

test.each(pages)("every file that %s names in code exists", (page) => {
  const named = [...text(page).matchAll(/`((?:src|examples|scripts|bench|docs|datasets|fixtures)\/[\w./-]+)`/g)];
  expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(path))).toEqual([]);
});

test.each(pages)("every `npx tendon …` of %s is a command", (page) => {
  const help = execFileSync(process.execPath, ["bin/tendon.js", "--help"], { encoding: "utf8" });
  for (const [, command = ""] of text(page).matchAll(/npx tendon ((?:data )?[a-z-]+)/g)) expect(help).toMatch(new RegExp(`^  ${command} `, "m"));
});

test.each(guides)("%s is a short guide", (page) => {
  expect(text(page).split("\n").length).toBeLessThanOrEqual(151);
});

test("docs/training.md lists every field of the configuration with its values", () => {
  const page = text("docs/training.md");
  for (const [key, field] of Object.entries(runConfigSchema.shape)) {
    const values = ["smoke", "demo", "full"].map((preset) => PRESETS[preset]?.[key as keyof typeof runConfigSchema.shape]);
    expect(page).toContain(`| \`${key}\` | ${field.description} | ${values.join(" | ")} |`);
  }
});
