/**
 * A topic pattern as a nondeterministic automaton over the characters of topic names (Thompson's
 * construction, 1968).
 *
 * It accepts every name that the pattern matches, and possibly more: what is not regular
 * (look-around, back references, word borders) is taken for always fulfilled, and large counts for
 * any count. The pattern is one that `RegExp` has compiled; what its atoms match is asked of `RegExp`.
 */

/** When an edge may be taken that needs no character: `^` and `$` only at the ends of the name. */
export type When = 'always' | 'at-start' | 'at-end';

/** A state: where it goes without a character, and with one. */
export interface State {
  readonly free: { readonly to: number; readonly when: When }[];
  readonly steps: { readonly to: number; readonly characters: ReadonlySet<string> }[];
}

/** The automaton; states are named by their index. */
export interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  readonly accept: number;
  /** The pattern was too large to be built. */
  readonly cut: boolean;
}

/** Entrance and exit of a piece. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

/** The characters of topic names, in both cases: `(?-i:…)` tells them apart. */
const ALPHABET: readonly string[] = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-'.split(
  '',
);
const ANY: ReadonlySet<string> = new Set(ALPHABET);

/** Copies of a counted repetition that are told apart. */
const COPIES_MAX = 16;
const STATES_MAX = 20_000;

/** Builds the automaton of a pattern that is searched for, as `RegExp.test` does. */
export function buildAutomaton(pattern: RegExp): Automaton {
  return new Builder(pattern).build();
}

class Builder {
  readonly #source: string;
  readonly #states: State[] = [];
  readonly #characters = new Map<string, ReadonlySet<string>>();
  #flags: string;
  #position = 0;

  constructor(pattern: RegExp) {
    this.#source = pattern.source;
    this.#flags = pattern.flags;
  }

  build(): Automaton {
    // Anything may stand before the match and behind it.
    const before = this.#repeating();
    const match = this.#alternatives();
    const behind = this.#repeating();
    this.#free(before.to, match.from);
    this.#free(match.to, behind.from);
    return { states: this.#states, start: before.from, accept: behind.to, cut: this.#cut };
  }

  get #cut(): boolean {
    return this.#states.length > STATES_MAX;
  }

  #alternatives(): Piece {
    const whole = this.#between('never');
    do {
      const { from, to } = this.#sequence();
      this.#free(whole.from, from);
      this.#free(to, whole.to);
    } while (this.#take(/\|/y) !== null);
    return whole;
  }

  #sequence(): Piece {
    const from = this.#state();
    let to = from;
    while (this.#position < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#position))) {
      const piece = this.#repeated();
      this.#free(to, piece.from);
      to = piece.to;
    }
    return { from, to };
  }

  #repeated(): Piece {
    const begin = this.#position;
    const first = this.#atom();
    const [, sign, least, comma, most] = this.#take(/([*+?]|\{(\d+)(,?)(\d*)\})\??/y) ?? [];
    if (sign === undefined) return first;
    const end = this.#position;
    const upTo = comma === '' ? Number(least) : Number(most === '' ? Infinity : most);
    const count =
      least === undefined
        ? { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
        : { min: Number(least), max: upTo };
    const again = (): Piece => {
      this.#position = begin;
      return this.#atom();
    };
    const piece = this.#repeat(first, again, count);
    this.#position = end;
    return piece;
  }

  /** `first` and copies of it, in a row; from `min` on the row may be left, past the limit the last one loops. */
  #repeat(first: Piece, again: () => Piece, { min, max }: { min: number; max: number }): Piece {
    if (max === 0) return this.#between('always');
    const whole = this.#between(min === 0 ? 'always' : 'never');
    const copies = Math.min(max === Infinity ? Math.max(min, 1) : max, COPIES_MAX);
    let last = first;
    this.#free(whole.from, first.from);
    for (let count = 1; count < copies && !this.#cut; count += 1) {
      if (count >= min) this.#free(last.to, whole.to);
      const copy = again();
      this.#free(last.to, copy.from);
      last = copy;
    }
    this.#free(last.to, whole.to);
    if (max > COPIES_MAX) this.#free(last.to, last.from);
    return whole;
  }

  #atom(): Piece {
    if (this.#take(/\^/y) !== null) return this.#between('at-start');
    if (this.#take(/\$/y) !== null) return this.#between('at-end');
    if (this.#take(/\(\?<?[=!]/y) !== null) {
      this.#group(this.#flags);
      return this.#between('always');
    }
    const open = this.#take(/\((?:\?(?:<[^>]+>|([a-z]*)(?:-([a-z]*))?:))?/y);
    if (open !== null) return this.#group(modified(this.#flags, open[1], open[2]));
    if (this.#take(/\\b/iy) !== null) return this.#between('always');
    if (this.#take(/\\(?:[1-9]\d*|k<[^>]+>)/y) !== null) return this.#repeating();
    const [single = ''] =
      this.#take(/\[(?:\\[\s\S]|[^\]\\])*\]|\\(?:x[\da-f]{2}|u[\da-f]{4}|c[a-z]|[\s\S])|[\s\S]/iy) ?? [];
    return this.#step(this.#charactersOf(single));
  }

  /** Up to and with the closing bracket; the opening one is taken. */
  #group(flags: string): Piece {
    const outer = this.#flags;
    this.#flags = flags;
    const piece = this.#alternatives();
    this.#flags = outer;
    this.#take(/\)/y);
    return piece;
  }

  #charactersOf(single: string): ReadonlySet<string> {
    const name = `${this.#flags}/${single}`;
    const known = this.#characters.get(name);
    if (known !== undefined) return known;
    const pattern = new RegExp(`^(?:${single})$`, this.#flags);
    const characters = new Set(ALPHABET.filter((character) => pattern.test(character)));
    this.#characters.set(name, characters);
    return characters;
  }

  #take(what: RegExp): RegExpExecArray | null {
    const pattern = new RegExp(what);
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#source);
    if (found !== null) this.#position = pattern.lastIndex;
    return found;
  }

  #state(): number {
    return this.#states.push({ free: [], steps: [] }) - 1;
  }

  #free(from: number, to: number, when: When = 'always'): void {
    this.#states[from]?.free.push({ to, when });
  }

  /** Two states, with an edge between them or none. */
  #between(when: When | 'never'): Piece {
    const piece = { from: this.#state(), to: this.#state() };
    if (when !== 'never') this.#free(piece.from, piece.to, when);
    return piece;
  }

  #step(characters: ReadonlySet<string>): Piece {
    const piece = this.#between('never');
    this.#states[piece.from]?.steps.push({ to: piece.to, characters });
    return piece;
  }

  /** Any text. */
  #repeating(): Piece {
    const state = this.#state();
    this.#states[state]?.steps.push({ to: state, characters: ANY });
    return { from: state, to: state };
  }
}

/** Flags within `(?i-s:…)`. */
function modified(flags: string, added = '', removed = ''): string {
  return [...new Set(flags + added)].filter((flag) => !removed.includes(flag)).join('');
}
