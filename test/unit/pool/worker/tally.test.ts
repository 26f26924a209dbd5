import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tallyEntry, tallyOf } from '../../../../src/pool/worker/tally.ts';

const FINDING = { id: 'a', category: 'C' };

describe('the tally', () => {
  it('is bounded in names, whatever comes from outside', () => {
    const findings = Array.from({ length: 500 }, (_, index) => ({
      ...FINDING,
      platform: `p${index}${'x'.repeat(1_000)}`,
    }));

    const { platforms } = tallyOf(findings.map(tallyEntry));

    const names = Object.keys(platforms);
    assert.equal(names.length, 65);
    assert.ok(names.every((name) => name.length <= 64));
    assert.equal(
      Object.values(platforms).reduce((sum, count) => sum + count, 0),
      500,
    );
  });

  it('bears findings of any shape', () => {
    const odd = [
      { ...FINDING, platform: 5, problems: 'none', group: 7 },
      { ...FINDING, problems: [null, 3, { code: {} }] },
      { ...FINDING, kind: 'other', group: 'a' },
      { ...FINDING, platform: '__proto__' },
    ];

    const tally = tallyOf(odd.map(tallyEntry));

    assert.deepEqual(Object.entries(tally.platforms), [
      ['unknown', 3],
      ['__proto__', 1],
    ]);
    assert.deepEqual(tally.problems, { unknown: 3 });
    assert.deepEqual(tally.groups, []);
  });
});
