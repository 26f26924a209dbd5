/**
 * Whether every event that was fed came out once, and those of each key in their order. To note one costs
 * little, for the thread that does it may be the one that is measured; what it means is looked at later.
 */
import type { Headers } from '../../src/model/delivery.ts';

/** What is looked at of a publication, or of a record that was one. Keys must stay as they are until `sift`. */
export interface Arrival {
  readonly key: Uint8Array | null;
  readonly headers: Headers;
}

/** Events that are due: `count` of them, whose numbers begin with `first`. */
export interface Due {
  readonly first: number;
  readonly count: number;
}

/** What is noted at most before it is looked at. */
const NOTED_MAX = 100_000;
const HYPHEN = '-'.charCodeAt(0);
const DIGIT_0 = '0'.charCodeAt(0);
const DIGIT_9 = '9'.charCodeAt(0);
const LETTER_A = 'a'.charCodeAt(0);

/** Takes what comes out, in its order. */
export class Arrivals {
  readonly #seen = new Map<string, Set<number>>();
  readonly #lastOf = new Map<string, number>();
  #marks: number[] = [];
  #numbers: number[] = [];
  #keys: (Uint8Array | null)[] = [];
  #twice = 0;
  #disordered = 0;

  /** Notes one. Hot. */
  note({ key, headers }: Arrival): void {
    const id = idOf(headers);
    this.#marks.push(id[0] ?? 0);
    this.#numbers.push(numberOf(id));
    this.#keys.push(key);
    if (this.#numbers.length >= NOTED_MAX) this.sift();
  }

  /** Looks at what was noted. */
  sift(): void {
    for (const [i, number] of this.#numbers.entries()) {
      const mark = String.fromCharCode(this.#marks[i] ?? 0);
      this.#look(mark, number, Buffer.from(this.#keys[i] ?? []).toString('latin1'));
    }
    this.#marks = [];
    this.#numbers = [];
    this.#keys = [];
  }

  /** Throws when what came is not what was due, by the first character of the ids. */
  check(due: Readonly<Record<string, Due>>): void {
    this.sift();
    let lost = 0;
    let expected = 0;
    for (const [mark, { first, count }] of Object.entries(due)) {
      const seen = this.#seen.get(mark) ?? new Set();
      expected += count;
      for (let i = 0; i < count; i += 1) if (!seen.has(first + i)) lost += 1;
    }
    const came = [...this.#seen.values()].reduce((sum, { size }) => sum + size, 0);
    const unknown = came - (expected - lost);
    if (lost + unknown + this.#twice + this.#disordered === 0) return;
    throw new Error(
      `wrong result: of ${expected} events ${lost} are lost, ${unknown} unknown, ${this.#twice} came twice, ${this.#disordered} before an earlier one of their key`,
    );
  }

  #look(mark: string, number: number, key: string): void {
    const seen = this.#seen.get(mark) ?? new Set();
    this.#seen.set(mark, seen);
    if (seen.has(number)) this.#twice += 1;
    seen.add(number);
    const place = `${mark} ${key}`;
    const last = this.#lastOf.get(place) ?? -1;
    if (number < last) this.#disordered += 1;
    else this.#lastOf.set(place, number);
  }
}

function idOf(headers: Headers): Uint8Array {
  for (const [name, value] of headers) if (name === 'faultline-id') return value;
  throw new Error('a finding without an id');
}

/** What stands behind the last hyphen of an id, in hexadecimal digits. */
function numberOf(id: Uint8Array): number {
  let number = 0;
  for (let i = id.lastIndexOf(HYPHEN) + 1; i < id.length; i += 1) {
    const code = id[i] ?? 0;
    number = number * 16 + (code <= DIGIT_9 ? code - DIGIT_0 : code - LETTER_A + 10);
  }
  return number;
}
