/**
 * What reading the stack alone takes, without engine and JSON: by regular expressions, and by the scanner,
 * which remembers stacks that it has met, on reports of one defect and on reports of as many builds.
 */
import { seededRandom } from '../../src/load/random.ts';
import { readByRegexp } from '../analyzers/java-regexp.ts';
import { readByScanner } from '../analyzers/java-scanner.ts';
import type { JavaStack } from './java-stack.ts';
import { otherBuild } from './variant.ts';

/** One way to read. */
export interface ReadingFigures {
  readonly reader: 'regexp' | 'scanner';
  readonly stacks: 'equal' | 'different';
  /** CPU per report, µs. */
  readonly us: number;
}

/** Read before the figures begin: for the compiler. */
const WARM_UP_SHARE = 0.2;

/** The reports of events. Throws for one that is no text. */
export function reportsOf(events: readonly { readonly value: Uint8Array }[]): readonly string[] {
  return events.map(({ value }) => {
    const { profile_data: data } = JSON.parse(Buffer.from(value).toString()) as {
      profile_data: { report: unknown };
    };
    if (typeof data.report !== 'string') throw new Error('a report that is no text');
    return data.report;
  });
}

/** Reads each report once in each way, in this thread. */
export function measureReading(reports: readonly string[], seed: number): readonly ReadingFigures[] {
  const random = seededRandom(seed);
  const different = reports.map((report) => otherBuild(report, random));
  return [
    { reader: 'regexp', stacks: 'equal', us: usOf(reports, readByRegexp) },
    { reader: 'scanner', stacks: 'equal', us: usOf(reports, readByScanner) },
    { reader: 'regexp', stacks: 'different', us: usOf(different, readByRegexp) },
    { reader: 'scanner', stacks: 'different', us: usOf(different, readByScanner) },
  ];
}

function usOf(reports: readonly string[], read: (report: string) => JavaStack): number {
  const from = Math.ceil(reports.length * WARM_UP_SHARE);
  for (const report of reports.slice(0, from)) read(report);
  const measured = reports.slice(from);
  const before = process.threadCpuUsage();
  for (const report of measured) read(report);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / measured.length;
}
