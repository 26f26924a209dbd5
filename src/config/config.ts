/**
 * The types of a loaded config, derived from the table in `spec.ts`.
 *
 * A `Config` is complete (every default applied), checked and frozen; it never changes.
 */
import type { Key } from './keys.ts';
import type { Secret } from './secret.ts';
import type { SYSTEM } from './spec.ts';

/** Where a group without a committed offset begins; a number is milliseconds since 1970. */
export type From = 'earliest' | 'latest' | number;

/** Where to listen. */
export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** The type of one key's value. */
export type ValueOf<K> = K extends { type: 'int' }
  ? number
  : K extends { type: 'bool' }
    ? boolean
    : K extends { type: 'choice'; options: readonly (infer Option)[] }
      ? Option
      : K extends { type: 'threads' }
        ? 'auto' | number
        : K extends { type: 'from' }
          ? From
          : K extends { type: 'address' }
            ? Address | null
            : K extends { type: 'field' | 'socket' | 'file' | 'text' }
              ? string | null
              : K extends { type: 'secret' }
                ? Secret | null
                : K extends { type: 'hosts' }
                  ? readonly string[]
                  : K extends Key
                    ? string
                    : never;

/** The values of a table of keys and sections. */
export type ValuesOf<Table> = {
  readonly [K in keyof Table]: Table[K] extends { keys: infer Keys } ? ValuesOf<Keys> : ValueOf<Table[K]>;
};

/** Names of the system keys and sections that a task can have for itself. */
export type TaskKey = {
  [K in keyof typeof SYSTEM]: (typeof SYSTEM)[K] extends { task: true } ? K : never;
}[keyof typeof SYSTEM];

/** `system`, complete. */
export type System = ValuesOf<typeof SYSTEM>;

/** One enabled task, complete. */
export interface TaskConfig extends Pick<System, TaskKey> {
  readonly name: string;
  readonly topics: readonly RegExp[];
  /** `crash`, `lag` or the absolute path of a module. */
  readonly analyzer: string;
  readonly analyzers: Readonly<Record<string, string>>;
}

/** A loaded config. */
export interface Config {
  /** The file it came from, as named; `null` without one. */
  readonly file: string | null;
  readonly system: System;
  /** The enabled tasks, in the order of the file; at least one. */
  readonly tasks: readonly TaskConfig[];
  /** Sentences about what is odd and yet no mistake. */
  readonly warnings: readonly string[];
}
