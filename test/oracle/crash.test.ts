/**
 * Crash parsers against a corpus of real reports and what other tools read in them.
 *
 * The corpus is a directory with one directory per format and one per case in it (`CORPUS`, by default
 * beside the project). Without it the tests are skipped, unless `REQUIRE_CORPUS=1`. Agreement is
 * printed, and may not fall below what was reached.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { analyzeCrash } from '../../src/analysis/crash/analyze.ts';
import { parseCrash } from '../../src/analysis/crash/parse.ts';
import type { Analysis, CrashResult } from '../../src/model/finding.ts';
import type { CrashReport, Frame } from '../../src/model/report.ts';
import type { AnalysisLimits } from '../../src/model/task.ts';

/** Shares of cases that agree, as reached; see the comparison of each for what counts. */
const JAVA_FRAMES_REACHED = 0.96;
const TOMBSTONE_REACHED = 1;
const V8_REACHED = 0.75;
const JS_REACHED = 0.91;

const CORPUS = resolve(process.env['CORPUS'] ?? join(import.meta.dirname, '../../../shared/data'));
const absent = !existsSync(CORPUS);
const skip = absent && process.env['REQUIRE_CORPUS'] !== '1' ? `no corpus at ${CORPUS}` : false;

const LIMITS: AnalysisLimits = {
  eventBytesMax: 1_048_576,
  findingBytesMax: 1_048_576,
  reportBytesMax: 1_048_576,
  reportLinesMax: 50_000,
  lineBytesMax: 8_192,
  framesMax: 2_000,
  threadsMax: 500,
  causesMax: 50,
  samplesMax: 10_000,
  memoBytesMax: 0,
};

interface Case {
  readonly name: string;
  readonly report: unknown;
  /** What the other tool says; `null` where the corpus has no expectation. */
  readonly expected: unknown;
}

describe('the corpus of crash reports', { skip }, () => {
  for (const [format, directory] of [
    ['java-stack', 'java-android-logcat'],
    ['tombstone', 'android-tombstone'],
    ['js-stack', 'js-stack'],
    ['python-stack', 'python-clusterfuzz'],
  ] as const) {
    test(`every report of ${directory} gives a finding of its format with frames`, () => {
      for (const { name, report } of cases(directory)) {
        const finding = analyze(report);

        assert.equal(finding.format, format, name);
        assert.ok(
          finding.exceptions.some(({ frames }) => frames.length > 0),
          `${name} has no frame`,
        );
        assert.match(finding.group, /^[0-9a-f]{32}$/, name);
        assert.notEqual(finding.signature, '', name);
      }
    });
  }

  test('frames of logcat reports are those of an independent reading', (t) => {
    const share = agreement(cases('java-android-logcat'), (report, expected) => {
      const theirs = list(field(expected, 'chain')).flatMap((exception) => list(field(exception, 'frames')));
      const ours = parse(report).exceptions.flatMap(({ frames }) => frames.map(javaTuple));
      return same(ours, theirs);
    });

    t.diagnostic(share.text);
    assert.ok(share.ratio >= JAVA_FRAMES_REACHED, share.text);
  });

  test('tombstones are read as an independent reading does', (t) => {
    const share = agreement(cases('android-tombstone'), (report, expected) => {
      const parsed = parse(report);
      return same(tombstoneFields(parsed), {
        abi: field(expected, 'abi'),
        pid: field(expected, 'pid'),
        tid: field(expected, 'tid'),
        thread: field(expected, 'threadName'),
        process: field(expected, 'process'),
        signal: field(expected, 'signal'),
        code: field(expected, 'code'),
        address: field(expected, 'faultAddr'),
        abort: field(expected, 'abort'),
        frames: list(field(expected, 'frames')).map((frame) =>
          ['pc', 'file', 'function', 'offset', 'buildId'].map((name) => field(frame, name)),
        ),
        others: list(field(expected, 'otherThreads')),
      });
    });

    t.diagnostic(share.text);
    assert.ok(share.ratio >= TOMBSTONE_REACHED, share.text);
  });

  test('frames of V8 stacks are those that sentry-javascript reads', (t) => {
    const share = agreement(
      cases('js-stack').filter(({ name }) => name.startsWith('chromium-')),
      sameScriptFrames,
    );

    t.diagnostic(share.text);
    assert.ok(share.ratio >= V8_REACHED, share.text);
  });

  test('frames of all JavaScript stacks are those that the parsers of each engine read', (t) => {
    const share = agreement(cases('js-stack'), sameScriptFrames);

    t.diagnostic(share.text);
    assert.ok(share.ratio >= JS_REACHED, share.text);
  });

  test('the innermost frames of Python tracebacks are the state that ClusterFuzz reads', () => {
    for (const { name, report, expected } of cases('python-clusterfuzz')) {
      const ours = parse(report)
        .exceptions[0]?.frames.slice(0, 3)
        .map((frame) => frame.function);

      const state = field(expected, 'state');
      assert.deepEqual(ours, typeof state === 'string' ? state.trim().split('\n') : null, name);
    }
  });
});

function cases(directory: string): Case[] {
  return readdirSync(join(CORPUS, directory)).map((name) => {
    const path = join(CORPUS, directory, name);
    const text = join(path, 'input.txt');
    const report: unknown = existsSync(text) ? readFileSync(text, 'utf8') : json(join(path, 'input.json'));
    return {
      name,
      report,
      expected: json(join(path, 'expected.json')) ?? json(join(path, 'expected_derived.json')),
    };
  });
}

function json(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

function parse(report: unknown): CrashReport {
  return parseCrash(report, 'auto', LIMITS).report;
}

function analyze(report: unknown): Analysis & CrashResult {
  const event = { id: '1', category: 'c', timestampMs: 0, dimensions: {}, values: {}, problems: [] };
  const finding = analyzeCrash({ ...event, profileData: { format: 'auto', report } }, LIMITS, {
    explain: false,
  });
  assert.equal(finding.kind, 'crash');
  return finding;
}

/** How many of the cases with an expectation agree, and which do not. */
function agreement(
  all: readonly Case[],
  agrees: (report: unknown, expected: unknown) => boolean,
): { readonly ratio: number; readonly text: string } {
  const judged = all.filter(({ expected }) => expected !== null);
  const differing = judged
    .filter(({ report, expected }) => !agrees(report, expected))
    .map(({ name }) => name);
  const agreeing = judged.length - differing.length;
  const text = `${String(agreeing)} of ${String(judged.length)} agree; not: ${differing.join(', ') || 'none'}`;
  return { ratio: judged.length === 0 ? 1 : agreeing / judged.length, text };
}

/** The other reading names what is no file as the JVM prints it. */
function javaTuple({ module, function: name, file, line, native }: Frame): unknown[] {
  const place = file ?? (native === true ? 'Native Method' : 'Unknown Source');
  return [module ?? null, name ?? null, place, line ?? null];
}

function tombstoneFields({ exceptions, threads, facts }: CrashReport): unknown {
  return {
    abi: facts?.['abi']?.replaceAll("'", '') ?? null,
    pid: facts?.['pid'] ?? null,
    tid: facts?.['tid'] ?? null,
    thread: facts?.['thread'] ?? null,
    process: facts?.['process'] ?? null,
    signal: facts?.['signal'] ?? null,
    code: facts?.['code'] ?? null,
    address: facts?.['fault_address'] ?? null,
    abort: facts?.['abort_message'] ?? null,
    frames: exceptions[0]?.frames.map((frame) => [
      frame.address ?? null,
      frame.package ?? null,
      frame.function ?? null,
      frame.offset ?? null,
      frame.buildId ?? null,
    ]),
    others: threads.map(({ frames }) => frames.length),
  };
}

/** Three shapes of expectation: sentry's (outermost first), error-stack-parser's, stacktrace-parser's. */
function sameScriptFrames(report: unknown, expected: unknown): boolean {
  const ours = parse(report).exceptions[0]?.frames ?? [];
  const sentry = field(field(field(expected, 'expected'), 'stacktrace'), 'frames');
  if (Array.isArray(sentry)) return same(ours.map(scriptTuple), sentry.toReversed().map(theirTuple));
  const theirs = list(field(expected, 'expected'));
  const count = field(expected, 'expectedCount');
  return (
    (count === null || ours.length === count) &&
    theirs.every((frame, i) => frame === null || agreesWith(ours[i], frame))
  );
}

function agreesWith(ours: Frame | undefined, theirs: unknown): boolean {
  return ours !== undefined && same(scriptTuple(ours), theirTuple(theirs));
}

function scriptTuple(frame: Frame): unknown[] {
  return [named(frame.function), frame.file ?? null, frame.line ?? null, frame.column ?? null];
}

function theirTuple(frame: unknown): unknown[] {
  const name = field(frame, 'function') ?? field(frame, 'functionName') ?? field(frame, 'methodName');
  const file = field(frame, 'filename') ?? field(frame, 'fileName') ?? field(frame, 'file');
  const line = field(frame, 'lineno') ?? field(frame, 'lineNumber');
  const column = field(frame, 'colno') ?? field(frame, 'columnNumber') ?? field(frame, 'column');
  return [named(name), NATIVE.has(file) ? null : file, line, column];
}

/** Each tool has its own word for a function without a name. */
function named(name: unknown): unknown {
  return name === '?' || name === '<unknown>' || name === undefined ? null : name;
}

/** What the tools write for a file where the code is the engine's own. */
const NATIVE: ReadonlySet<unknown> = new Set(['native', '(native)', '[native code]']);

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? ((Reflect.get(value, name) as unknown) ?? null) : null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function same(ours: unknown, theirs: unknown): boolean {
  return JSON.stringify(ours) === JSON.stringify(theirs);
}
