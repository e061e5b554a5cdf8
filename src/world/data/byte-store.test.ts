import { afterEach, describe, expect, it, vi } from "vitest";
import { fetchStore, memoryStore, requireFile } from "./byte-store.ts";

/** A server with one file, which is down for one other. */
function serve(url: string): Promise<Response> {
  if (url === "https://host/data/a/b.bin") return Promise.resolve(new Response(Uint8Array.of(1, 2)));
  if (url.endsWith("broken")) return Promise.resolve(new Response(null, { status: 503, statusText: "Unavailable" }));
  return Promise.resolve(new Response(null, { status: 404 }));
}

describe("fetchStore", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each(["https://host/data", "https://host/data/"])(
    "reads files below %s, and nothing where there is none",
    async (base) => {
      vi.stubGlobal("fetch", serve);
      expect(await fetchStore(base).read("a/b.bin")).toEqual(Uint8Array.of(1, 2));
      expect(await fetchStore(base).read("a/c.bin")).toBeUndefined();
    },
  );

  it("does not take a failing server for a missing file", async () => {
    vi.stubGlobal("fetch", serve);
    await expect(fetchStore("https://host/data").read("broken")).rejects.toThrow(
      /data\/broken: the server answered 503 Unavailable/,
    );
  });
});

describe("requireFile", () => {
  it("names the file and the store it is missing from", async () => {
    const store = memoryStore(new Map([["a", Uint8Array.of(7)]]), "here");
    expect(await requireFile(store, "a")).toEqual(Uint8Array.of(7));
    await expect(requireFile(store, "b")).rejects.toThrow("here: b is missing");
  });
});
