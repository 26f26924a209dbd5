import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Watermark } from '../../../src/engine/watermark.ts';

test('the position is the lowest unfinished offset, whatever the order of finishing', () => {
  const watermark = new Watermark<null>();
  const tickets = [10, 11, 12].map((offset) => watermark.begin(offset, null));

  watermark.finish(tickets[2] ?? -1);
  const whileFirstOpen = watermark.position;
  watermark.finish(tickets[0] ?? -1);
  const whileSecondOpen = watermark.position;
  watermark.finish(tickets[1] ?? -1);

  assert.deepEqual([whileFirstOpen, whileSecondOpen, watermark.position], [10, 11, 13]);
});

test('a gap between offsets never holds the position', () => {
  const watermark = new Watermark<null>();
  const first = watermark.begin(3, null);
  const second = watermark.begin(1000, null);

  watermark.finish(first);
  const atGap = watermark.position;
  watermark.finish(second);

  assert.deepEqual([atGap, watermark.position], [1000, 1001]);
});

test('before the first delivery there is no position to commit', () => {
  assert.equal(new Watermark<null>().position, null);
});

test('finishing twice, or what was never begun, breaks an assertion', () => {
  const watermark = new Watermark<null>();
  const ticket = watermark.begin(1, null);
  watermark.begin(2, null);
  watermark.finish(ticket);

  assert.throws(() => watermark.finish(ticket), { code: 'E_ASSERT' });
  assert.throws(() => watermark.finish(99), { code: 'E_ASSERT' });
  assert.throws(() => watermark.begin(2, null), { code: 'E_ASSERT' });
});

/** What is known of a partition's offsets, kept the plain way. */
class NaiveWatermark {
  readonly begun: { offset: number; item: string | null; finished: boolean }[] = [];

  get open(): typeof this.begun {
    return this.begun.filter(({ finished }) => !finished);
  }

  get position(): number | null {
    const last = this.begun.at(-1);
    return last === undefined ? null : (this.open[0]?.offset ?? last.offset + 1);
  }

  /** Those from the lowest unfinished one on. */
  get tracked(): typeof this.begun {
    const lowest = this.begun.findIndex(({ finished }) => !finished);
    return lowest < 0 ? [] : this.begun.slice(lowest);
  }

  /** Finished offsets above the position; what lies between two of them was not begun. */
  get finishedAbove(): number[] {
    return this.tracked.filter(({ finished }) => finished).map(({ offset }) => offset);
  }
}

function assertAgree(watermark: Watermark<string>, naive: NaiveWatermark): void {
  const { begun, open, tracked } = naive;
  const runs = [...watermark.finishedAbove()];
  const inRuns = begun.filter(({ offset }) => runs.some(([from, to]) => offset >= from && offset < to));
  assert.equal(watermark.position, naive.position);
  assert.equal(watermark.begun, begun.length);
  assert.equal(watermark.ahead, tracked.length);
  assert.equal(watermark.contiguous, begun.length - tracked.length);
  assert.equal(watermark.lastOffset, begun.at(-1)?.offset ?? -1);
  assert.equal(watermark.lowest, open[0]?.item ?? null);
  assert.deepEqual(
    [...watermark.unfinished()],
    open.flatMap(({ item }) => item ?? []),
  );
  assert.deepEqual(
    inRuns.map(({ offset }) => offset),
    naive.finishedAbove,
  );
  assert.ok(runs.every(([from, to], i) => from < to && (i === 0 || from > (runs[i - 1]?.[1] ?? 0))));
}

const anyStep = fc.oneof(
  {
    weight: 50,
    arbitrary: fc.record({ type: fc.constant('begin' as const), gap: fc.integer({ min: 1, max: 50 }) }),
  },
  { weight: 40, arbitrary: fc.record({ type: fc.constant('finish' as const), which: fc.nat() }) },
  // Finished before a restart: begun and finished at once, and it stands for nothing.
  {
    weight: 10,
    arbitrary: fc.record({ type: fc.constant('skip' as const), gap: fc.integer({ min: 1, max: 50 }) }),
  },
  // A new epoch: it begins again where the one before had come to.
  { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const) }) },
);

test('it agrees with a naive model over gaps, skips, epochs and any order of finishing', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 400, size: 'max' }), (steps) => {
      let watermark = new Watermark<string>();
      let naive = new NaiveWatermark();
      let from = 0;
      const begin = (gap: number, finished: boolean): number => {
        const offset = Math.max(from, naive.begun.at(-1)?.offset ?? 0) + gap;
        const item = finished ? null : `item ${offset}`;
        naive.begun.push({ offset, item, finished });
        return watermark.begin(offset, item);
      };
      steps.forEach((step, i) => {
        if (step.type === 'begin') begin(step.gap, false);
        else if (step.type === 'skip') watermark.finish(begin(step.gap, true));
        else if (step.type === 'revoke') {
          from = naive.position ?? from;
          watermark = new Watermark<string>();
          naive = new NaiveWatermark();
        } else if (naive.open.length > 0) {
          const one = naive.open[step.which % naive.open.length];
          assert.ok(one !== undefined);
          one.finished = true;
          watermark.finish(naive.begun.indexOf(one));
        }
        if (i % 10 === 0) assertAgree(watermark, naive);
      });
      assertAgree(watermark, naive);
    }),
    { numRuns: 100 },
  );
});
