/**
 * @file Where the block is touched: circle against box, and box against wall.
 *
 * Both are worked out in axes that turn with the block and start at its centre of mass, where a box is upright.
 */

import type { Agent, Block } from "./body.ts";
import { addContact, beginPair, type ContactPair } from "./contact-pair.ts";
import { AGENT_RADIUS, CENTER_OF_MASS_Y, type Box } from "./geometry.ts";

/** A half plane the block must stay in: nx·x + ny·y ≥ offset, px. */
export interface Wall {
  readonly nx: number;
  readonly ny: number;
  readonly offset: number;
}

/** `box` relative to the centre of mass. */
export function aboutCenterOfMass(box: Box): Box {
  return { ...box, top: box.top - CENTER_OF_MASS_Y, bottom: box.bottom - CENTER_OF_MASS_Y };
}

/** What meets in a pair: the bodies, one box about the centre of mass, and the number of the step. */
export interface Meeting {
  readonly agent: Agent;
  readonly block: Block;
  step: number;
}

/**
 * Agent against one box. A centre outside the box touches along the line to the nearest point; a centre inside
 * touches through the nearest side.
 *
 * @returns true if they touch; then `pair` holds the contact
 */
export function touchAgent(pair: ContactPair, box: Box, meeting: Meeting): boolean {
  const { agent, block, step } = meeting;
  const dx = agent.x - block.x;
  const dy = agent.y - block.y;
  const x = block.cos * dx + block.sin * dy;
  const y = block.cos * dy - block.sin * dx;
  let nearX = Math.min(Math.max(x, box.left), box.right);
  let nearY = Math.min(Math.max(y, box.top), box.bottom);
  let nx = nearX - x;
  let ny = nearY - y;
  const square = nx * nx + ny * ny;
  if (square > AGENT_RADIUS * AGENT_RADIUS) return false;

  let gap = Math.sqrt(square);
  if (gap > 0) {
    nx /= gap;
    ny /= gap;
  } else {
    const toLeft = x - box.left;
    const toRight = box.right - x;
    const toTop = y - box.top;
    const toBottom = box.bottom - y;
    const depth = Math.min(toLeft, toRight, toTop, toBottom);
    gap = -depth;
    nx = depth === toLeft ? 1 : depth === toRight ? -1 : 0;
    ny = nx !== 0 ? 0 : depth === toTop ? 1 : -1;
    nearX = x - nx * depth;
    nearY = y - ny * depth;
  }

  beginPair(pair, step);
  pair.nx = block.cos * nx - block.sin * ny;
  pair.ny = block.sin * nx + block.cos * ny;
  pair.pushSpeed = agent.vx * pair.nx + agent.vy * pair.ny;
  addContact(pair, 0, gap - AGENT_RADIUS, nearX * ny - nearY * nx);
  return true;
}

/**
 * One box against one wall. The side of the box that faces the wall most squarely touches with those of its two
 * ends that reach the wall.
 *
 * @returns true if they touch; then `pair` holds one or two contacts
 */
export function touchWall(pair: ContactPair, box: Box, meeting: Meeting, wall: Wall): boolean {
  const { block, step } = meeting;
  const nx = block.cos * wall.nx + block.sin * wall.ny;
  const ny = block.cos * wall.ny - block.sin * wall.nx;
  const height = wall.nx * block.x + wall.ny * block.y - wall.offset;

  const lowX = nx > 0 ? box.left : box.right;
  const lowY = ny > 0 ? box.top : box.bottom;
  if (height + lowX * nx + lowY * ny > 0) return false;

  // Side k runs from corner k to corner k + 1. Chipmunk hands over its second end first.
  const facesX = Math.abs(nx) > Math.abs(ny);
  const side = facesX ? (nx > 0 ? 3 : 1) : ny > 0 ? 0 : 2;
  beginPair(pair, step);
  pair.nx = wall.nx;
  pair.ny = wall.ny;
  pair.pushSpeed = 0;
  for (let end = 1; end >= 0; end--) {
    const corner = (side + end) % 4;
    const x = corner === 1 || corner === 2 ? box.right : box.left;
    const y = corner < 2 ? box.top : box.bottom;
    const gap = height + x * nx + y * ny;
    if (gap <= 0) addContact(pair, 4 * end + corner, gap, x * ny - y * nx);
  }
  return true;
}
