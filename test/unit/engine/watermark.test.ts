import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Watermark } from '../../../src/engine/watermark.ts';

test('the position is the lowest unfinished offset, whatever the order of finishing', () => {
  const watermark = new Watermark();
  const tickets = [10, 11, 12].map((offset) => watermark.begin(offset));

  watermark.finish(tickets[2] ?? -1);
  const whileFirstOpen = watermark.position;
  watermark.finish(tickets[0] ?? -1);
  const whileSecondOpen = watermark.position;
  watermark.finish(tickets[1] ?? -1);

  assert.deepEqual([whileFirstOpen, whileSecondOpen, watermark.position], [10, 11, 13]);
});

test('a gap between offsets never holds the position', () => {
  const watermark = new Watermark();
  const first = watermark.begin(3);
  const second = watermark.begin(1000);

  watermark.finish(first);
  const atGap = watermark.position;
  watermark.finish(second);

  assert.deepEqual([atGap, watermark.position], [1000, 1001]);
});

test('before the first delivery there is no position to commit', () => {
  assert.equal(new Watermark().position, null);
});

test('finishing twice, or what was never begun, breaks an assertion', () => {
  const watermark = new Watermark();
  const ticket = watermark.begin(1);
  watermark.begin(2);
  watermark.finish(ticket);

  assert.throws(() => watermark.finish(ticket), { code: 'E_ASSERT' });
  assert.throws(() => watermark.finish(99), { code: 'E_ASSERT' });
  assert.throws(() => watermark.begin(2), { code: 'E_ASSERT' });
});

test('it agrees with a naive model for any gaps and any order of finishing', () => {
  const script = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 50 }), finish: fc.nat() }), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(script, (steps) => {
      const watermark = new Watermark();
      const open: { offset: number; ticket: number }[] = [];
      let last = -1;
      for (const { gap, finish } of steps) {
        last += gap;
        open.push({ offset: last, ticket: watermark.begin(last) });
        if (finish % 3 !== 0) {
          const [done] = open.splice(finish % open.length, 1);
          watermark.finish(done?.ticket ?? -1);
        }
        const lowest = Math.min(last + 1, ...open.map(({ offset }) => offset));
        assert.equal(watermark.position, lowest);
        assert.ok(watermark.ahead >= open.length);
      }
    }),
  );
});
