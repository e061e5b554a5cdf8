import { expect, test } from "vitest";
import { openRoof } from "./roof.ts";

test("the roof is a rate, of products with constants in either format", async () => {
  const roof = await openRoof({ products: [[3, 96, 40]], formats: ["f32", "int4"], turnMs: 0 });
  expect(await roof()).toBeGreaterThan(0);
});
