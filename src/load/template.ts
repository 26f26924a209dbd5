/**
 * An event that is written as JSON once and then only filled in: a million events cost a million
 * joins of strings instead of a million walks through an object.
 *
 * `{{name}}` in any string is a slot. A string that is nothing but `{{#name}}` becomes a number.
 * Values are put in as they are: they must need no escaping in JSON.
 */
import { assert } from '../model/assert.ts';

/** Pieces of JSON with a slot between each two of them. */
export interface Template<Slot extends string> {
  readonly pieces: readonly string[];
  readonly slots: readonly Slot[];
}

const SLOT = /"\{\{#(\w+)\}\}"|\{\{(\w+)\}\}/g;

/** Compiles `event`; throws `E_ASSERT` for a slot that is not in `names`. */
export function compileTemplate<Slot extends string>(event: unknown, names: readonly Slot[]): Template<Slot> {
  const json = JSON.stringify(event);
  const pieces: string[] = [];
  const slots: Slot[] = [];
  let start = 0;
  for (const match of json.matchAll(SLOT)) {
    const name = names.find((known) => known === (match[1] ?? match[2]));
    assert(name !== undefined, `the slot ${match[0]} is known`);
    pieces.push(json.slice(start, match.index));
    slots.push(name);
    start = match.index + match[0].length;
  }
  pieces.push(json.slice(start));
  return { pieces, slots };
}

/** The JSON with its slots filled in. */
export function fillTemplate<Slot extends string>(
  template: Template<Slot>,
  values: Readonly<Record<Slot, string | number>>,
): string {
  let json = template.pieces[0] ?? '';
  for (let at = 0; at < template.slots.length; at += 1) {
    const slot = template.slots[at];
    if (slot !== undefined) json += values[slot];
    json += template.pieces[at + 1] ?? '';
  }
  return json;
}
