/** Runs of frames that were met before: they are as if they had been read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { analyzeCrash } from '../../../../src/analysis/crash/analyze.ts';
import { ParseContext } from '../../../../src/analysis/crash/context.ts';
import { parseJava } from '../../../../src/analysis/crash/java.ts';
import { FrameRuns } from '../../../../src/analysis/stack/frame-runs.ts';
import { parseJavaFrame } from '../../../../src/analysis/stack/java-frame.ts';
import { isShared } from '../../../../src/model/shared.ts';
import type { CrashReport, Frame } from '../../../../src/model/report.ts';
import { codes, eventOf, LIMITS } from '../crash/reports.ts';

const A = '\tat com.shop.Cart.add(Cart.kt:31)';
const B = '\tat com.shop.Main.run(Main.kt:2)';
const C = '\tat java.lang.Thread.run(Thread.java:840)';
const D = '  at int com.shop.Db.read(int) (Db.java:9)';
const BROKEN = '\tat com.shop.Broken';
const HEADER = 'java.lang.IllegalStateException: cart 1';

/** Few lines, so that stacks share first lines, runs and beginnings. */
const lines = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.subarray([A, B, C, D, A], { minLength: 1 }) },
    { weight: 2, arbitrary: fc.constantFrom([A, B], [A, B, C], [A, B, C, D], [A, A, A], [B, C]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        [BROKEN],
        [BROKEN, BROKEN],
        ['\t... 3 more'],
        ['\t- locked <0x1>'],
        ['', ' '],
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        [HEADER],
        ['Caused by: java.io.IOException: disk', 'is full'],
        ['\tSuppressed: a.CloseException'],
        ['prose', 'of', 'some lines'],
        ['E/AndroidRuntime: FATAL EXCEPTION: main', 'FATAL EXCEPTION: main'],
        ['Process: com.shop, PID: 7'],
      ),
    },
  ),
  { maxLength: 10 },
);

const limited = fc.record({
  framesMax: fc.oneof(fc.nat({ max: 12 }), fc.constant(500)),
  causesMax: fc.nat({ max: 4 }),
});

function parsed(report: readonly string[], met: FrameRuns, limits = {}): CrashReport {
  return parseJava(report, new ParseContext({ ...LIMITS, ...limits }, []), met);
}

function fresh(report: readonly string[], limits = {}): CrashReport {
  return parsed(report, new FrameRuns(parseJavaFrame), limits);
}

/** Meets each run, as parsers do where it is not found, until it is known. */
function knowing(...runs: readonly (readonly string[])[]): FrameRuns {
  const met = new FrameRuns(parseJavaFrame);
  for (const run of runs) {
    for (let i = 0; i < 2 && met.find(run, 0) === undefined; i += 1) met.meet(run, 0, run.length);
  }
  return met;
}

function read(run: readonly string[]): readonly (Frame | null)[] {
  return run.map(parseJavaFrame);
}

describe('a parse that remembers', () => {
  it('gives what one without memory gives, over streams of stacks that have much in common', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(lines, limited), { maxLength: 12 }), (stream) => {
        const met = new FrameRuns(parseJavaFrame);

        for (let round = 0; round < 3; round += 1) {
          for (const [parts, limits] of stream) {
            const report = parts.flat();
            assert.deepEqual(parsed(report, met, limits), fresh(report, limits));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the reports that it gave as they were', () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 8 }), (stream) => {
        const met = new FrameRuns(parseJavaFrame);
        const given: { readonly report: CrashReport; readonly text: string }[] = [];

        for (const parts of [...stream, ...stream, ...stream]) {
          const report = parsed(parts.flat(), met);
          given.push({ report, text: JSON.stringify(report) });
        }

        for (const { report, text } of given) assert.equal(JSON.stringify(report), text);
      }),
    );
  });

  it('stops at the limit of frames inside a run that it knows, and says where', () => {
    const report = [HEADER, A, B, C, D];
    const met = knowing([A, B, C, D]);
    assert.ok(met.find(report, 1) !== undefined);

    for (let framesMax = 0; framesMax <= 5; framesMax += 1) {
      const found = parsed(report, met, { framesMax });

      assert.equal(found.exceptions[0]?.frames.length, Math.min(framesMax, 4));
      assert.deepEqual(
        found.problems,
        framesMax < 4 ? [{ code: 'frames-over-limit', at: `line ${framesMax + 2}` }] : [],
      );
    }
  });

  it('puts the runs of an exception together, and changes none of them', () => {
    const met = knowing([A, B], [C, D]);

    const { exceptions, problems } = parsed([HEADER, A, B, BROKEN, C, D, '\t- locked', A, B], met);

    assert.deepEqual(exceptions[0]?.frames, read([A, B, C, D, A, B]));
    assert.deepEqual(codes({ problems }), ['frame-unreadable']);
    assert.deepEqual(met.find([A, B], 0)?.frames, read([A, B]));
    assert.deepEqual(met.find([C, D], 0)?.frames, read([C, D]));
  });

  it('shares the frames of an exception whose stack it knows whole', () => {
    const met = knowing([A, B, C]);

    const [one, two] = [1, 2].map(() => parsed([HEADER, A, B, C], met).exceptions[0]?.frames);

    assert.ok(one !== undefined && isShared(one));
    assert.equal(one, two);
  });
});

describe('an analysis of a stack that was met', () => {
  it('is the same the first time and every other, with reasons and without', () => {
    const first = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 6 }), fc.boolean(), (stream, explain) => {
        for (const parts of [...stream, ...stream, ...stream]) {
          const report = parts.flat().join('\n');
          const text = JSON.stringify(analyzeCrash(eventOf(report, 'java-stack'), LIMITS, { explain }));
          const key = `${explain} ${report}`;
          assert.equal(text, first.get(key) ?? text);
          first.set(key, text);
        }
      }),
    );
  });
});

describe('runs of frames', () => {
  it('are known when they were met twice, by all of their lines', () => {
    const met = new FrameRuns(parseJavaFrame);
    assert.equal(met.find([A, B, C], 0), undefined);
    met.meet([A, B, C], 0, 3);
    assert.equal(met.find([A, B, C], 0), undefined);
    met.meet([A, B, C], 0, 3);

    assert.deepEqual(met.find(['x', A, B, C, D], 1)?.lines, [A, B, C]);
    assert.equal(met.find([A, B], 0), undefined);
    assert.equal(met.find([A, B, D], 0), undefined);
    assert.equal(met.find([B, C], 0), undefined);
    assert.equal(met.find([], 0), undefined);
  });

  it('have the frames that reading gives, frozen', () => {
    const run = knowing([A, B, D]).find([A, B, D], 0);

    assert.deepEqual(run?.frames, read([A, B, D]));
    assert.ok(Object.isFrozen(run?.frames) && isShared(run?.frames ?? []));
  });

  it('of one first line are some few, the latest', () => {
    const runs = [1, 2, 3, 4, 5, 6].map((line) => [A, `\tat a.B.c(B.java:${line})`]);
    const met = knowing(...runs);

    const known = runs.filter((run) => met.find(run, 0) !== undefined);

    assert.deepEqual(known, runs.slice(-4));
  });

  it('are not kept without credit, and are again when it comes back', () => {
    const met = new FrameRuns(parseJavaFrame);
    const run = (index: number): string[] => [`\tat a.B.c(B.java:${index})`, B];
    const keep = (index: number): boolean => {
      for (let i = 0; i < 2; i += 1) if (met.find(run(index), 0) === undefined) met.meet(run(index), 0, 2);
      return met.find(run(index), 0) !== undefined;
    };
    let index = 0;

    while (index < 2_000 && keep(index)) index += 1;
    const after = Array.from({ length: 10 }, (_, more) => keep(index + 1 + more));
    for (let i = 0; i < 600; i += 1) met.find(run(0), 0);

    assert.ok(index > 100 && index < 1_000);
    assert.ok(!after.includes(true));
    assert.equal(keep(index + 100), true);
  });

  it('of one line are read, not remembered', () => {
    assert.equal(knowing([A]).find([A], 0), undefined);
  });
});
