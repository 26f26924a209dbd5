/** The results of a bench as they are kept: facts about the machine, and what each section came to. */
import type { Machine } from '../run/machine.ts';
import { thisMachine } from '../run/machine.ts';

/** By the name of the section. One that was not run is `null`, an empty list, or not there. */
export interface Results {
  readonly machine: Machine;
  readonly [section: string]: unknown;
}

/** What readers of the first version find in every file. */
const FIRST_VERSION = {
  publish: [],
  kafka: null,
  engine: [],
  memory: [],
  standstill: [],
  poison: [],
  micro: [],
};

/** Before any section has run. */
export function emptyResults(): Results {
  return { machine: thisMachine(), ...FIRST_VERSION };
}

/** Whether a section has come to anything. */
export function hasRun(results: unknown): boolean {
  return Array.isArray(results) ? results.length > 0 : results !== null && results !== undefined;
}
