/**
 * Sampled stacks merged into one tree, outermost frame at the top, and its heaviest path.
 *
 * Weights are whole microseconds, so sums are exact and do not depend on the order of addition: the
 * self weights of all nodes add up to the total. Linear in the frames that are added, bounded by a
 * number of nodes, and without recursion. It knows frames as numbers only; names come from outside.
 */

/** A frame to add: what it is merged by, and the number of its exact place. */
export interface TreeFrame {
  readonly key: number;
  readonly id: number;
}

/** A node of the heaviest path. */
interface HeavyNode {
  readonly key: number;
  /** The exact place, -1 where the merged samples stood at several. */
  readonly line: number;
  readonly totalUs: number;
  readonly selfUs: number;
}

/** How far apart two parents' child keys are in the look-up: frame keys are below it, nodes below 2^21. */
const KEY_SPAN = 2 ** 32;
const ROOT = 0;

/** The tree. Node 0 is the root above all stacks and has no frame. */
export class CallTree {
  /** Stacks that were cut at a node because the limit was reached. */
  cut = 0;
  readonly #nodesMax: number;
  readonly #parent: number[] = [-1];
  readonly #key: number[] = [-1];
  readonly #line: number[] = [-1];
  readonly #self: number[] = [0];
  readonly #hits: number[] = [0];
  readonly #firstChild: number[] = [-1];
  readonly #nextSibling: number[] = [-1];
  readonly #children = new Map<number, number>();
  /** The child that was met last: mostly that of the next stack too, and no look-up then. */
  readonly #recent: number[] = [-1];

  constructor(nodesMax: number) {
    this.#nodesMax = nodesMax;
  }

  /** Nodes without the root. */
  get size(): number {
    return this.#key.length - 1;
  }

  /** Adds a stack, outermost frame first, with its weight; returns the node it ends at, for {@link addTo}. Hot: once per sample. */
  add(path: readonly TreeFrame[], weightUs: number): number {
    let node = ROOT;
    for (const { key, id } of path) {
      const recent = this.#recent[node] ?? -1;
      const child = recent >= 0 && this.#key[recent] === key ? recent : this.#child(node, key, id);
      if (child < 0) {
        this.cut += 1;
        break;
      }
      if (this.#line[child] !== id) this.#line[child] = -1;
      this.#recent[node] = child;
      node = child;
    }
    this.addTo(node, weightUs);
    return node;
  }

  /** Adds weight to a node that {@link add} returned: the same stack once more. */
  addTo(node: number, weightUs: number): void {
    this.#self[node] = (this.#self[node] ?? 0) + weightUs;
    this.#hits[node] = (this.#hits[node] ?? 0) + 1;
  }

  /** The child of `node` for `key`, made when new; -1 when there is no room. */
  #child(node: number, key: number, line: number): number {
    const id = node * KEY_SPAN + key;
    const known = this.#children.get(id);
    if (known !== undefined) return known;
    if (this.size >= this.#nodesMax) return -1;
    const child = this.#key.length;
    this.#children.set(id, child);
    this.#parent.push(node);
    this.#key.push(key);
    this.#line.push(line);
    this.#recent.push(-1);
    this.#self.push(0);
    this.#hits.push(0);
    this.#firstChild.push(-1);
    this.#nextSibling.push(this.#firstChild[node] ?? -1);
    this.#firstChild[node] = child;
    return child;
  }

  /** Sums of a node and all below it. A node is younger than its parent, so one pass backwards does. */
  #totals(own: readonly number[]): number[] {
    const totals = own.slice();
    for (let node = totals.length - 1; node > ROOT; node--) {
      const parent = this.#parent[node] ?? ROOT;
      totals[parent] = (totals[parent] ?? 0) + (totals[node] ?? 0);
    }
    return totals;
  }

  /**
   * From the outermost frame follows the heaviest child; among equals the one sampled more often,
   * then the one whose name comes first. Ends where a node itself is heavier than each of its
   * children: beyond it the path would tell of the lesser part.
   */
  heaviestPath(nameOf: (key: number) => string): HeavyNode[] {
    const totals = this.#totals(this.#self);
    const hits = this.#totals(this.#hits);
    const path: HeavyNode[] = [];
    let node = ROOT;
    for (;;) {
      let best = -1;
      for (let child = this.#firstChild[node] ?? -1; child >= 0; child = this.#nextSibling[child] ?? -1) {
        if (best < 0 || this.#heavier(child, best, { totals, hits, nameOf })) best = child;
      }
      if (best < 0) return path;
      const own =
        (this.#self[node] ?? 0) - (totals[best] ?? 0) || (this.#hits[node] ?? 0) - (hits[best] ?? 0);
      if (node !== ROOT && own > 0) return path;
      path.push({
        key: this.#key[best] ?? -1,
        line: this.#line[best] ?? -1,
        totalUs: totals[best] ?? 0,
        selfUs: this.#self[best] ?? 0,
      });
      node = best;
    }
  }

  #heavier(a: number, b: number, by: Measures): boolean {
    const more = (by.totals[a] ?? 0) - (by.totals[b] ?? 0) || (by.hits[a] ?? 0) - (by.hits[b] ?? 0);
    return more === 0 ? by.nameOf(this.#key[a] ?? -1) < by.nameOf(this.#key[b] ?? -1) : more > 0;
  }

  /** Every node, parents first: for tests and for what looks at the whole tree. */
  *nodes(): Generator<HeavyNode & { readonly node: number; readonly parent: number }> {
    const totals = this.#totals(this.#self);
    for (let node = 1; node < totals.length; node++) {
      yield {
        node,
        parent: this.#parent[node] ?? ROOT,
        key: this.#key[node] ?? -1,
        line: this.#line[node] ?? -1,
        totalUs: totals[node] ?? 0,
        selfUs: this.#self[node] ?? 0,
      };
    }
  }

  /** Weight of stacks without a frame. */
  get rootSelfUs(): number {
    return this.#self[ROOT] ?? 0;
  }
}

interface Measures {
  readonly totals: readonly number[];
  readonly hits: readonly number[];
  readonly nameOf: (key: number) => string;
}
