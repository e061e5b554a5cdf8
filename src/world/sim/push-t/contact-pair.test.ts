/** @file What a pair of shapes remembers. */

import { describe, expect, it } from "vitest";
import { addContact, beginPair, contactPair, forgetPair, type ContactPair } from "./contact-pair.ts";

/** Touches in `step` with one contact and leaves an impulse in it; returns the impulse it started from. */
function touch(pair: ContactPair, step: number, key: number, impulse: number): number {
  beginPair(pair, step);
  addContact(pair, key, -1, 0);
  const started = pair.contacts[0].impulse;
  pair.contacts[0].impulse = impulse;
  return started;
}

describe("a contact pair", () => {
  it("starts new and without impulse", () => {
    const pair = contactPair();
    expect(touch(pair, 1, 0, 5)).toBe(0);
    expect(pair.isNew).toBe(true);
  });

  it("hands the impulse on to the next step, where it is no longer new", () => {
    const pair = contactPair();
    touch(pair, 1, 7, 5);
    expect(touch(pair, 2, 7, 6)).toBe(5);
    expect(pair.isNew).toBe(false);
  });

  it("is new again after a step apart, yet remembers its impulse for three steps", () => {
    for (const [gap, remembered] of [[2, 5], [3, 5], [4, 0]] as const) {
      const pair = contactPair();
      touch(pair, 1, 7, 5);
      expect(touch(pair, 1 + gap, 7, 6)).toBe(remembered);
      expect(pair.isNew).toBe(true);
    }
  });

  it("gives an impulse only to the contact with the same key", () => {
    const pair = contactPair();
    beginPair(pair, 1);
    addContact(pair, 3, -1, 0);
    addContact(pair, 8, -1, 0);
    pair.contacts[0].impulse = 30;
    pair.contacts[1].impulse = 80;
    beginPair(pair, 2);
    addContact(pair, 8, -1, 0);
    addContact(pair, 4, -1, 0);
    expect(pair.contacts.map(({ impulse }) => impulse)).toEqual([80, 0]);
  });

  it("forgets when told to", () => {
    const pair = contactPair();
    touch(pair, 1, 7, 5);
    forgetPair(pair);
    expect(touch(pair, 2, 7, 5)).toBe(0);
    expect(pair.isNew).toBe(true);
  });
});
