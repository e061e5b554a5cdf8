/** @file Run a module in headless Chromium: bundle it, serve it on a loopback address, return what it computes. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

/** No GPU, no network but the loopback, no start page. */
export const CHROMIUM_FLAGS: readonly string[] = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Folder of the runtime's WebAssembly files, as pages see it. */
export const WASM_PATH = "/ort/";
/** MuJoCo's WebAssembly file, as pages see it. */
export const MUJOCO_WASM = "/mujoco/mujoco.wasm";

/** Path of a Chromium: `TENDON_CHROMIUM` if it is set, else a usual place; undefined where there is none. */
export function findChromium(): string | undefined {
  const chosen = process.env["TENDON_CHROMIUM"];
  return (chosen === undefined ? CANDIDATES : [chosen]).find((path) => existsSync(path));
}

export interface BrowserRun {
  /** From `findChromium`. */
  readonly executable: string;
  /** A file of `src/testing/pages` that exports `main(data)`. */
  readonly page: string;
  /** Handed to `main`, through JSON. */
  readonly data: unknown;
  /** Default 60 000. */
  readonly timeoutMs?: number;
}

/**
 * What the page's `main` returns, through JSON.
 *
 * @throws Error with the page's own message when `main` throws
 */
export async function runInBrowser({ executable, page, data, timeoutMs = 60_000 }: BrowserRun): Promise<unknown> {
  const script = await bundle(page);
  const { server, origin } = await serve({ "/": [HTML, "text/html"], "/page.js": [script, "text/javascript"], "/data.json": [JSON.stringify(data), "application/json"] });
  try {
    const browser = await chromium.launch({ executablePath: executable, args: [...CHROMIUM_FLAGS], timeout: timeoutMs });
    try {
      return await visit(await browser.newPage(), origin, timeoutMs);
    } finally {
      await browser.close();
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const HTML = '<!doctype html><meta charset="utf-8"><title>tendon</title><script type="module" src="/page.js"></script>';

async function visit(page: Page, origin: string, timeoutMs: number): Promise<unknown> {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
  await page.goto(origin);
  const outcome = await page.waitForFunction("globalThis.outcome", undefined, { timeout: timeoutMs }).catch((cause: unknown) => {
    throw new Error(`runInBrowser: no result after ${timeoutMs} ms: ${problems.join("; ")}`, { cause });
  });
  // The bundle below writes exactly these fields.
  const { value, error } = (await outcome.jsonValue()) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(`runInBrowser: ${error}`);
  return value;
}

async function bundle(page: string): Promise<string> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "pages");
  const contents = `
    import { main } from "./${page}";
    const run = async () => main(await (await fetch("/data.json")).json());
    run().then((value) => { globalThis.outcome = { value }; }, (error) => { globalThis.outcome = { error: String(error?.stack ?? error) }; });
  `;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["source"],
    target: "es2022",
    // MuJoCo's script asks for these under Node only.
    external: ["module", "worker_threads"],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

type Pages = Readonly<Record<string, readonly [body: string, type: string]>>;

/** A server of the given pages, of the runtime's files and of MuJoCo's, with the headers that make pages cross-origin isolated. */
async function serve(pages: Pages): Promise<{ server: Server; origin: string }> {
  const { resolve: find } = createRequire(import.meta.url);
  const folders: Readonly<Record<string, string>> = { [WASM_PATH]: dirname(find("onnxruntime-web")), "/mujoco/": dirname(find("@mujoco/mujoco/mujoco.wasm")) };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    const [, folder] = Object.entries(folders).find(([prefix]) => path.startsWith(prefix)) ?? [];
    const [body, type] = pages[path] ?? (folder === undefined ? [] : await runtimeFile(folder, path));
    response.writeHead(body === undefined ? 404 : 200, {
      "content-type": type ?? "text/plain",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "cache-control": "no-store",
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("runInBrowser: the server has no port");
  return { server, origin: `http://127.0.0.1:${address.port}/` };
}

async function runtimeFile(folder: string, path: string): Promise<readonly [body: Buffer, type: string] | []> {
  const file = join(folder, basename(path));
  if (!existsSync(file)) return [];
  return [await readFile(file), path.endsWith(".wasm") ? "application/wasm" : "text/javascript"];
}
