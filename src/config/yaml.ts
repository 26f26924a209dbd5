/**
 * YAML into a tree in which everything knows its place.
 *
 * Syntax errors and duplicate keys become mistakes; what the keys mean is not known here.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Pair } from 'yaml';
import type { Mistakes } from './mistakes.ts';

/** One entry of a map. */
export interface Entry {
  readonly name: string;
  /** Where its name stands. */
  readonly place: string;
  readonly node: Node;
}

/** A value with its place, `FILE:LINE:COLUMN`. An alias is what it stands for. */
export type Node =
  | { readonly kind: 'map'; readonly place: string; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly place: string; readonly items: readonly Node[] }
  | { readonly kind: 'scalar'; readonly place: string; readonly raw: unknown };

/** How deep a config may be nested; its keys go four deep. */
const DEPTH_MAX = 10;
/** Values of a config, those that aliases repeat counted each time. */
const NODES_MAX = 100_000;

/** Reads a file's text; `null` where its syntax leaves nothing to look at. */
export function readYaml(file: string, text: string, mistakes: Mistakes): Node | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  let usable = true;
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    usable &&= code === 'DUPLICATE_KEY';
    mistakes.add({ place: placeAt(pos[0]), path: '', message: `YAML: ${firstLine(message)}` });
  }
  if (!usable) return null;
  const reader = new TreeReader(document, placeAt, mistakes);
  const root = reader.read(document.contents, 0, 0);
  return reader.refused ? null : root;
}

class TreeReader {
  readonly #document: Document.Parsed;
  readonly #placeAt: (offset: number) => string;
  readonly #mistakes: Mistakes;
  #nodes = 0;
  /** Something was left out: the tree is not what was written. */
  refused = false;

  constructor(document: Document.Parsed, placeAt: (offset: number) => string, mistakes: Mistakes) {
    this.#document = document;
    this.#placeAt = placeAt;
    this.#mistakes = mistakes;
  }

  /** `near`: the offset to name where the node has none. */
  read(node: unknown, near: number, depth: number): Node {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    const place = this.#placeAt(offsetOf(node, near));
    const refusal = this.#refusal(node, target, depth);
    if (refusal !== null) {
      // Once is enough where each of very many values would be refused.
      if (!this.refused) this.#mistakes.add({ place, path: '', message: `YAML: ${refusal}` });
      this.refused = true;
      return { kind: 'scalar', place, raw: null };
    }
    if (isMap(target)) {
      return { kind: 'map', place, entries: target.items.map((pair) => this.#entry(pair, near, depth)) };
    }
    if (isSeq(target)) {
      return { kind: 'list', place, items: target.items.map((item) => this.read(item, near, depth + 1)) };
    }
    return { kind: 'scalar', place, raw: isScalar(target) ? target.value : null };
  }

  #refusal(node: unknown, target: unknown, depth: number): string | null {
    this.#nodes += 1;
    if (isAlias(node) && target === undefined) return `there is no anchor ${node.source}`;
    if (depth > DEPTH_MAX) return `nested deeper than ${DEPTH_MAX}`;
    return this.#nodes > NODES_MAX ? `more than ${NODES_MAX} values` : null;
  }

  #entry(pair: Pair, near: number, depth: number): Entry {
    const offset = offsetOf(pair.key, near);
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    return { name, place: this.#placeAt(offset), node: this.read(pair.value, offset, depth + 1) };
  }
}

function offsetOf(node: unknown, near: number): number {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : null;
  return range?.[0] ?? near;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
