/**
 * Thread dumps of the corpus, held against what other tools read in them: ART's against Sentry's parser,
 * HotSpot's against what the JVM printed.
 *
 * The corpus is no part of the project: `CORPUS` names its directory. Without it the tests are skipped,
 * unless `REQUIRE_CORPUS=1`.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { analyzeLag } from '../../src/analysis/lag/analyze.ts';
import { parseThreadDump } from '../../src/analysis/lag/anr.ts';
import { mainThreadOf } from '../../src/analysis/lag/main-thread.ts';
import type { Analysis } from '../../src/model/finding.ts';
import type { AnalysisLimits } from '../../src/model/task.ts';
import type { Thread } from '../../src/model/report.ts';

const CORPUS = process.env['CORPUS'] ?? resolve(import.meta.dirname, '../../../shared/data');
const REQUIRED = process.env['REQUIRE_CORPUS'] === '1';

/** Threads with Sentry's name, state and number of frames, of all that Sentry finds. */
const ART_AGREEMENT_MIN = 1;
/** Dumps whose main thread is Sentry's, of all. */
const MAIN_AGREEMENT_MIN = 1;

const LIMITS: AnalysisLimits = {
  eventBytesMax: 1 << 20,
  findingBytesMax: 1 << 20,
  reportBytesMax: 1 << 20,
  reportLinesMax: 100_000,
  lineBytesMax: 8192,
  framesMax: 1000,
  threadsMax: 5000,
  causesMax: 100,
  samplesMax: 10_000,
  memoBytesMax: 0,
};

/** What Sentry's parser prints of a thread. */
interface SentryThread {
  readonly name: string;
  readonly state?: string;
  readonly main: boolean;
  readonly stacktrace: { readonly frames: readonly unknown[] };
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly threads: readonly Thread[];
  readonly finding: Analysis;
}

function casesOf(directory: string): readonly Case[] | string {
  const path = join(CORPUS, directory);
  if (!existsSync(path)) {
    assert.ok(!REQUIRED, `REQUIRE_CORPUS=1, but there is no ${path}`);
    return `no corpus at ${CORPUS}`;
  }
  return readdirSync(path)
    .filter((name) => existsSync(join(path, name, 'input.txt')))
    .map((name) => {
      const text = readFileSync(join(path, name, 'input.txt'), 'utf8');
      return {
        name,
        text,
        threads: parseThreadDump(text.split('\n'), LIMITS)?.threads ?? [],
        finding: analyze(text),
      };
    });
}

function analyze(report: string): Analysis {
  const profileData = { format: 'auto', report };
  const event = {
    id: '1',
    category: 'PERF_LAG',
    timestampMs: 0,
    dimensions: {},
    values: {},
    profileData,
    problems: [],
  };
  return analyzeLag(event, LIMITS, { explain: true });
}

function expectation(directory: string, name: string, file: string): unknown {
  return JSON.parse(readFileSync(join(CORPUS, directory, name, file), 'utf8'));
}

/** One line for a thread, to be compared. */
function lineOf(name: string, state: string | undefined, frames: number): string {
  return `${name} | ${state ?? '-'} | ${String(frames)}`;
}

/** How many of `expected` are in `found`, each counted once. */
function matches(expected: readonly string[], found: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of found) left.set(line, (left.get(line) ?? 0) + 1);
  return expected.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count > 0;
  }).length;
}

test('ART dumps have the threads, states and frames that Sentry reads in them', (t) => {
  const cases = casesOf('anr-threaddump');
  if (typeof cases === 'string') return t.skip(cases);
  let all = 0;
  let agreed = 0;
  for (const { name, threads } of cases) {
    const expected = expectation('anr-threaddump', name, 'expected_sentry.json') as readonly SentryThread[];
    const lines = expected.map((thread) =>
      lineOf(thread.name, thread.state, thread.stacktrace.frames.length),
    );
    const found = threads.map((thread) => lineOf(thread.name ?? '', thread.state, thread.frames.length));
    const same = matches(lines, found);
    all += lines.length;
    agreed += same;
    t.diagnostic(
      `${name}: ${String(same)} of ${String(lines.length)} threads agree, ${String(found.length)} found`,
    );
  }

  t.diagnostic(`${String(agreed)} of ${String(all)} threads agree`);
  assert.ok(agreed >= ART_AGREEMENT_MIN * all, `${String(agreed)} of ${String(all)}`);
});

test('ART dumps give a finding with the main thread that Sentry finds, and its frames', (t) => {
  const cases = casesOf('anr-threaddump');
  if (typeof cases === 'string') return t.skip(cases);
  let all = 0;
  let agreed = 0;
  for (const { name, finding } of cases) {
    const expected = expectation('anr-threaddump', name, 'expected_sentry.json') as readonly SentryThread[];
    const main = expected.find((thread) => thread.main);
    assert.equal(finding.kind, 'lag');
    assert.notEqual(finding.format, 'unknown', name);
    if (main === undefined || finding.kind !== 'lag') continue;
    all += 1;
    const found = finding.main_thread;
    const same = found?.name === main.name && found.state === main.state;
    if (same && found.frames.length === main.stacktrace.frames.length) agreed += 1;
    else t.diagnostic(`${name}: ${JSON.stringify(found)}`);
  }

  t.diagnostic(`${String(agreed)} of ${String(all)} main threads agree`);
  assert.ok(agreed >= MAIN_AGREEMENT_MIN * all, `${String(agreed)} of ${String(all)}`);
});

test('who holds the lock that an ART main thread waits for is told', (t) => {
  const cases = casesOf('anr-threaddump');
  if (typeof cases === 'string') return t.skip(cases);
  for (const { name, threads } of cases) {
    const graph = expectation('anr-threaddump', name, 'expected_lockgraph.json') as {
      readonly waitEdges: readonly (readonly [number, number, string, string])[];
    };
    const edge = graph.waitEdges.find(([waiter]) => waiter === 1);
    if (edge === undefined) continue;
    const main = mainThreadOf(threads);

    assert.equal(main?.holder?.id, String(edge[1]), name);
    assert.equal(main?.waitsFor?.address, edge[2]);
    assert.equal(main?.waitsFor?.className, edge[3]);
  }
});

test('JVM dumps have all threads, each once, and a main thread with frames', (t) => {
  const cases = casesOf('java-threaddump');
  if (typeof cases === 'string') return t.skip(cases);
  for (const { name, threads, finding } of cases) {
    const { threadHeaders } = expectation('java-threaddump', name, 'expected.json') as {
      readonly threadHeaders: number;
    };

    assert.equal(threads.length, threadHeaders, name);
    assert.ok(finding.kind === 'lag' && finding.format === 'thread-dump', name);
    assert.ok((finding.main_thread?.frames.length ?? 0) > 0, name);
    assert.equal(finding.problems, undefined, name);
  }
  t.diagnostic(`${String(cases.length)} dumps agree`);
});

test('the holder of what a thread in a deadlock waits for is the one that the JVM names', (t) => {
  const cases = casesOf('java-threaddump');
  if (typeof cases === 'string') return t.skip(cases);
  let edges = 0;
  for (const { name, threads } of cases) {
    const { cycles } = expectation('java-threaddump', name, 'expected.json') as {
      readonly cycles: readonly (readonly { thread: string; heldBy: string }[])[];
    };
    for (const { thread, heldBy } of cycles.flat()) {
      const found = mainThreadOf(threads.map((other) => ({ ...other, main: other.name === thread })));
      // Who holds a lock of java.util.concurrent is printed with the threads by `jstack -l` only.
      if (found?.waitsFor?.kind === 'parking' && found.holder === undefined) continue;

      assert.equal(found?.holder?.name, heldBy, name);
      edges += 1;
    }
  }
  t.diagnostic(`${String(edges)} waits agree`);
});
