import { describe, expect, test } from "vitest";
import { boxShape, lookAt, pinholeCamera, placeSolid, planeShape, renderer, solidPoses, sphereShape, type Solid, type Stage } from "./index.ts";

const camera = pinholeCamera({ width: 81, height: 81, focalPx: 80 });
const fromAbove = lookAt([0, 0, 2], [0, 0, 0], [0, 1, 0]);
const floor: Solid = { name: "floor", shape: planeShape(), color: [0.8, 0.6, 0.4] };

function colors(solids: readonly Solid[], places: readonly (readonly number[])[], extra: Partial<Stage> & { readonly shadows?: boolean } = {}) {
  const { shadows = true, ...rest } = extra;
  const poses = solidPoses(solids.length);
  places.forEach((place, i) => placeSolid(poses, i, place));
  const rgb = new Uint8Array(3 * 81 * 81);
  const stage = { solids, bounds: { min: [-3, -3, 0], max: [3, 3, 3] }, towardsLight: [0, 0, 1], ...rest } as const;
  renderer(stage, camera, { shadows }).render(poses, fromAbove, { rgb });
  return (u: number, v: number): number[] => [...rgb.subarray(3 * (81 * v + u), 3 * (81 * v + u) + 3)];
}

/** What a surface of this colour shows under an amount of light: the root of color² · light. */
const shown = (color: readonly number[], light: number): number[] =>
  color.map((value) => Math.min(255, Math.floor(255 * Math.sqrt(value * value * light) + 0.5)));

describe("the colour of a surface", () => {
  test("facing sun and sky is its own, brightened by all of both", () => {
    expect(colors([floor], [[0, 0, 0]])(40, 40)).toEqual(shown(floor.color, 0.72 + 0.46));
  });

  test("falls with the cosine of the angle to the sun", () => {
    const light = 0.46 + 0.72 * Math.cos(Math.PI / 3);
    expect(colors([floor], [[0, 0, 0]], { towardsLight: [Math.sqrt(3), 0, 1] })(40, 40)).toEqual(shown(floor.color, light));
  });

  test("in shadow is what the sky leaves it, and only there, and only with shadows", () => {
    const box: Solid = { name: "box", shape: boxShape(0.1, 0.1, 0.1), color: [1, 1, 1] };
    const places = [[0, 0, 0], [0, 0, 0.5]];
    // Light from +x at 45°: the box, its middle 0.5 m up, shades the floor about x = −0.5, 20 px left of the middle.
    const towardsLight = [1, 0, 1] as const;
    const at = colors([floor, box], places, { towardsLight });
    const sunny = shown(floor.color, 0.46 + 0.72 * Math.SQRT1_2);
    expect(at(20, 40)).toEqual(shown(floor.color, 0.46));
    expect(at(60, 40)).toEqual(sunny);
    expect(at(20, 60)).toEqual(sunny);
    expect(colors([floor, box], places, { towardsLight, shadows: false })(20, 40)).toEqual(sunny);
    // Shadows reach from x = −0.7 to −0.3: the rays past the box's lower right and upper left edges.
    const row = Array.from({ length: 81 }, (_, u) => at(u, 40).join() === shown(floor.color, 0.46).join());
    const [first, last] = [row.indexOf(true), row.lastIndexOf(true)];
    expect([first, last].map((u) => ((u - 40) / 80) * 2)).toEqual([expect.closeTo(-0.7, 1), expect.closeTo(-0.3, 1)]);
  });

  test("below a table is in its shadow, and the table's underside shows only the ground's light", () => {
    const table: Solid = { name: "table", shape: planeShape(0.3, 0.3), color: [0.5, 0.5, 0.5] };
    const poses = solidPoses(2);
    placeSolid(poses, 1, [0, 0, 1]);
    const rgb = new Uint8Array(3 * 81 * 81);
    const stage = { solids: [floor, table], bounds: { min: [-3, -3, 0], max: [3, 3, 3] }, towardsLight: [0, 0, 1] } as const;
    const at = (u: number, v: number): number[] => [...rgb.subarray(3 * (81 * v + u), 3 * (81 * v + u) + 3)];
    renderer(stage, camera).render(poses, lookAt([0, 0, 0.1], [0, 0, 1], [0, 1, 0]), { rgb });
    expect(at(40, 40)).toEqual(shown([0.5, 0.5, 0.5], 0.2));
    renderer(stage, camera).render(poses, lookAt([0, -0.9, 0.5], [0, 0, 0]), { rgb });
    expect(at(40, 40)).toEqual(shown(floor.color, 0.46));
  });

  test("alternates on a checker, by squares of the solid's own x and y", () => {
    const checker = { color: [0.1, 0.1, 0.1], size: 0.25 } as const;
    const at = colors([{ ...floor, checker }], [[0, 0, 0]]);
    // 40 px are a metre here: squares of 10 px, corners at the middle of the image.
    expect(at(45, 35)).toEqual(shown(floor.color, 1.18));
    expect(at(55, 35)).toEqual(shown(checker.color, 1.18));
    expect(at(45, 45)).toEqual(shown(checker.color, 1.18));
    expect(at(35, 45)).toEqual(shown(floor.color, 1.18));
  });

  test("is as bright all over as light falls on it, never darker than from the ground alone", () => {
    const at = colors([{ name: "ball", shape: sphereShape(0.5), color: [0.5, 0.5, 0.5] }], [[0, 0, 0.5]]);
    const [top = 0] = at(40, 40), [rim = 0] = at(40 + 25, 40);
    expect(top).toBe(shown([0.5], 1.18)[0]);
    expect(rim).toBeLessThan(top);
    expect(rim).toBeGreaterThanOrEqual(shown([0.5], 0.2)[0] ?? NaN);
  });
});

test("the sky goes from the horizon's colour to the zenith's", () => {
  const rgb = new Uint8Array(3 * 81 * 81);
  const sky = { horizon: [1, 0.5, 0], zenith: [0, 0.5, 1] } as const;
  const stage = { solids: [floor], bounds: { min: [-3, -3, 0], max: [3, 3, 3] }, sky } as const;
  const middle = (target: readonly number[], up: readonly number[]): number[] => {
    renderer(stage, camera).render(solidPoses(1), lookAt([0, 0, 1], target, up), { rgb });
    return [...rgb.subarray(3 * (81 * 40 + 40), 3 * (81 * 40 + 40) + 3)];
  };
  expect(middle([1, 0, 1], [0, 0, 1])).toEqual([255, 128, 0]);
  expect(middle([0, 0, 2], [0, 1, 0])).toEqual([0, 128, 255]);
});
