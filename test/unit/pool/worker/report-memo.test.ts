/** What a thread remembers of reports, and when it looks at all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KnownAnalysis } from '../../../../src/pool/worker/report-memo.ts';
import { ReportMemo } from '../../../../src/pool/worker/report-memo.ts';

const LOOKED_AT_ONE_IN = 16;

function analysis(text: string): KnownAnalysis {
  return { json: Buffer.from(text), tally: { platform: 'unknown', problems: [] } };
}

/** A report of its own, with something before and behind it. */
function placed(report: string): {
  readonly value: Uint8Array;
  readonly place: { start: number; end: number };
} {
  const value = Buffer.from(`before${report}behind`);
  return { value, place: { start: 6, end: value.length - 6 } };
}

function see(memo: ReportMemo, report: string): ReturnType<ReportMemo['see']> {
  const { value, place } = placed(report);
  return memo.see(value, place);
}

/** What is known of a report; it is analysed and kept where it is not, if it may be. */
function known(memo: ReportMemo, report: string, of = 'crash'): string | undefined {
  const seen = see(memo, report);
  const found = seen.analyses?.get(of);
  memo.count(found !== undefined);
  if (found === undefined) memo.meet(seen, of, () => analysis(`${of} of ${report}`));
  return found === undefined ? undefined : Buffer.from(found.json).toString();
}

/** Of so many reports, those that are looked at. */
function looks(memo: ReportMemo, count: number, next: () => string): number {
  let looked = 0;
  for (let i = 0; i < count; i += 1) {
    if (!memo.mayPay()) continue;
    looked += 1;
    known(memo, next());
  }
  return looked;
}

describe('the memory of reports', () => {
  it('keeps an analysis when the report comes the second time', () => {
    const memo = new ReportMemo(10_000);

    assert.equal(known(memo, 'a'), undefined);
    assert.equal(known(memo, 'a'), undefined);
    assert.equal(known(memo, 'a'), 'crash of a');
  });

  it('gives what was kept of these very bytes for this very purpose, or nothing', () => {
    const report = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', 'é') });
    const of = fc.constantFrom('crash false', 'crash true', 'lag 5');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(report, of), { maxLength: 300 }),
        fc.nat({ max: 400 }),
        (asked, bytesMax) => {
          const memo = new ReportMemo(bytesMax);

          for (const [text, purpose] of asked) {
            const found = known(memo, text, purpose);

            assert.ok(found === undefined || found === `${purpose} of ${text}`);
          }
        },
      ),
    );
  });

  it('keeps nothing of what is not to be kept', () => {
    const memo = new ReportMemo(10_000);

    for (let i = 0; i < 5; i += 1) memo.meet(see(memo, 'a'), 'crash', () => null);

    assert.equal(see(memo, 'a').analyses, null);
  });

  it('does not hold the event’s bytes, which are used again', () => {
    const memo = new ReportMemo(10_000);
    for (let i = 0; i < 2; i += 1) {
      const { value, place } = placed('report');
      memo.meet(memo.see(value, place), 'crash', () => analysis('it'));
      value.fill(0);
    }

    assert.ok(see(memo, 'report').analyses?.has('crash'));
  });

  it('holds no more than its bytes, reports and analyses together', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.nat({ max: 2_000 }), (lengths, bytesMax) => {
        const memo = new ReportMemo(bytesMax);
        const reports = lengths.map((length, index) => `${index}:`.padEnd(length, 'x'));
        for (let round = 0; round < 3; round += 1) {
          for (const text of reports)
            memo.meet(see(memo, text), 'crash', () => analysis('j'.repeat(text.length)));
        }

        // Looks drop things at most, so what they find was there at once.
        const held = reports.filter((text) => see(memo, text).analyses !== null);
        assert.ok(held.reduce((sum, text) => sum + 2 * text.length, 0) <= bytesMax);
      }),
    );
  });

  it('bounds the analyses of one report', () => {
    const memo = new ReportMemo(2 ** 20);

    let most = 0;
    for (let i = 0; i < 500; i += 1) {
      known(memo, 'a', `lag ${i}`);
      most = Math.max(most, see(memo, 'a').analyses?.size ?? 0);
    }

    assert.equal(most, 16);
  });

  it('keeps what is asked for again and again, whatever comes between', () => {
    const memo = new ReportMemo(2_000);
    for (let i = 0; i < 3; i += 1) known(memo, 'often');

    for (let i = 0; i < 300; i += 1) {
      for (let twice = 0; twice < 2; twice += 1) known(memo, `seldom ${i} ${'x'.repeat(200)}`);
      assert.equal(known(memo, 'often'), 'crash of often');
    }
  });

  it('keeps few where more come in turns than there is room for, and all where there is room', () => {
    const kept = (bytesMax: number): number => {
      const memo = new ReportMemo(bytesMax);
      let made = 0;
      for (let i = 0; i < 20_000; i += 1) {
        const seen = see(memo, `report ${i % 1_000}`.padEnd(100));
        memo.count(seen.analyses !== null);
        if (seen.analyses !== null) continue;
        memo.meet(seen, 'crash', () => {
          made += 1;
          return analysis('it');
        });
      }
      return made;
    };

    assert.ok(kept(2_000) < 512 + 20_000 / 30);
    assert.ok(kept(2 ** 20) <= 1_000);
  });
});

describe('whether a look may pay', () => {
  it('is yes from the beginning, and as long as reports repeat', () => {
    const memo = new ReportMemo(2 ** 20);
    let i = 0;

    const looked = looks(memo, 20_000, () => (i++ % 10 === 0 ? 'again' : `new ${i}`));

    assert.equal(looked, 20_000);
  });

  it('is for one in sixteen where nothing repeats', () => {
    const memo = new ReportMemo(2 ** 20);
    let i = 0;
    const next = (): string => `new ${i++}`;

    looks(memo, 10_000, next);

    assert.equal(looks(memo, 16_000, next), 16_000 / LOOKED_AT_ONE_IN);
  });

  it('is yes again when reports repeat again', () => {
    const memo = new ReportMemo(2 ** 20);
    let i = 0;
    looks(memo, 20_000, () => `new ${i++}`);

    looks(memo, 2_000, () => `again ${i++ % 5}`);

    assert.equal(
      looks(memo, 1_000, () => `again ${i++ % 5}`),
      1_000,
    );
  });
});
