/** Findings as JSON, the text of shared frames made once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { share } from '../../../src/model/shared.ts';
import { toJson } from '../../../src/wire/finding-json.ts';

const MARK = '~frames~';
/** The mark, its parts, and what makes it look like the real one in JSON. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc
    .array(fc.constantFrom(MARK, '"', '\\', '~', 'frames', '{}', '\ud800', '\u2028'), { maxLength: 4 })
    .map((parts) => parts.join('')),
);
const frame = fc.dictionary(
  fc.oneof(fc.constantFrom('function', 'line', 'raw'), text),
  fc.oneof(text, fc.integer()),
  {
    maxKeys: 4,
    noNullPrototype: true,
  },
);
const frames = fc.array(frame, { maxLength: 4 });
/** Few lists, so that findings share them. */
const stacks = fc
  .array(fc.tuple(frames, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((all) => all.map(([list, shared]) => (shared ? share(list) : list)));
const other = fc.oneof(
  text,
  fc.integer(),
  fc.constant(null),
  fc.constant(undefined),
  fc.constant([]),
  frames,
);

interface Drawn {
  readonly before: Readonly<Record<string, unknown>>;
  readonly stack: number | null;
  readonly after: Readonly<Record<string, unknown>>;
}

const fields = fc.dictionary(fc.oneof(fc.constantFrom('type', 'message', 'frames'), text), other, {
  maxKeys: 3,
  noNullPrototype: true,
});
const exception: fc.Arbitrary<Drawn> = fc.record({
  before: fields,
  stack: fc.option(fc.nat()),
  after: fields,
});
const odd = fc.constantFrom(null, 1, 'x', MARK, undefined, []);

describe('a finding as JSON', () => {
  it('is what JSON.stringify writes, with frames that are shared, some of them, none, and the mark in the data', () => {
    const exceptions = fc.array(fc.oneof({ weight: 6, arbitrary: exception }, odd), { maxLength: 5 });
    fc.assert(
      fc.property(stacks, exceptions, fields, fields, (lists, drawn, head, tail) => {
        const made = drawn.map((one) => {
          if (one === null || typeof one !== 'object' || !('stack' in one)) return one;
          const { before, stack, after } = one;
          return stack === null
            ? { ...before, ...after }
            : { ...before, frames: lists[stack % lists.length], ...after };
        });
        const finding = { ...head, exceptions: made, ...tail };
        const expected = JSON.stringify(finding);

        assert.equal(toJson(finding), expected);
        assert.equal(toJson(finding), expected, 'with the text of its frames known');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is what JSON.stringify writes where the mark is in the data', () => {
    const list = share([{ function: 'pay' }]);
    for (const trap of [
      MARK,
      `"${MARK}`,
      `"${MARK}"`,
      `${MARK}"`,
      `\\"${MARK}`,
      `"exceptions":["${MARK}"]`,
    ]) {
      for (const finding of [
        { exceptions: [{ frames: list, message: trap }] },
        { exceptions: [{ message: trap, frames: list }] },
        { exceptions: [{ frames: list, [trap]: 1 }] },
        { [trap]: trap, exceptions: [{ frames: trap }, { frames: list }] },
        { exceptions: [{ frames: list }, { frames: [{ raw: trap }] }] },
        { exceptions: [{ frames: share([{ raw: trap }]) }], explain: [trap] },
      ]) {
        assert.equal(toJson(finding), JSON.stringify(finding));
      }
    }
  });

  it('is what JSON.stringify writes of objects of any other form', () => {
    for (const finding of [
      {},
      { exceptions: null },
      { exceptions: {} },
      { exceptions: [] },
      { exceptions: 'x' },
      [],
    ]) {
      assert.equal(toJson(finding), JSON.stringify(finding));
    }
  });

  it('makes the text of a shared list once', () => {
    let made = 0;
    const counted = {
      get function() {
        made += 1;
        return 'pay';
      },
    };
    const finding = { exceptions: [{ type: 'E', frames: share([counted]) }] };

    const texts = [1, 2, 3].map(() => toJson(finding));

    assert.deepEqual(
      texts,
      texts.map(() => '{"exceptions":[{"type":"E","frames":[{"function":"pay"}]}]}'),
    );
    assert.equal(made, 1);
  });

  it('throws as JSON.stringify does', () => {
    const cycle: Record<string, unknown> = { exceptions: [{ frames: share([{ raw: 'x' }]) }] };
    cycle['self'] = cycle;

    assert.throws(() => toJson(cycle), TypeError);
    assert.throws(() => toJson({ exceptions: [{ frames: share([{ raw: 1n }]) }] }), TypeError);
  });
});
