import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DeliveryResult, Outcome } from '../../../src/model/batch.ts';
import { UNPROCESSED } from '../../../src/model/batch.ts';
import type { ErrorCode, Fault } from '../../../src/model/errors.ts';
import { ERRORS } from '../../../src/model/errors.ts';
import type { UnwrittenFinding } from '../../../src/wire/outcome.ts';
import { FINDINGS_BYTES_MAX, OutcomeWriter, packOutcome, unpackOutcome } from '../../../src/wire/outcome.ts';

const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => new Uint8Array(array));
const name = fc.string({ maxLength: 10 });
// The decoder renames this one key of an object; entries of the tally are safe from it.
const fields = fc.dictionary(
  name.filter((key) => key !== '__proto__'),
  fc.oneof(name, fc.integer(), fc.boolean()),
  {
    noNullPrototype: true,
  },
);
const codes = Object.keys(ERRORS) as ErrorCode[];
const fault: fc.Arbitrary<Fault> = fc.record(
  { code: fc.constantFrom(...codes), message: name, retriable: fc.boolean(), details: fields },
  { requiredKeys: ['code', 'message', 'retriable'], noNullPrototype: true },
);
const finding = fc.record({ id: bytes, value: bytes, category: name }, { noNullPrototype: true });
const result: fc.Arbitrary<DeliveryResult> = fc.oneof(
  fc.array(finding, { maxLength: 3 }).map((findings) => ({ status: 'done' as const, findings })),
  fault.map((value) => ({ status: 'failed' as const, fault: value })),
  fault.map((value) => ({ status: 'suspect' as const, fault: value })),
  fc.nat().map((delayMs) => ({ status: 'requeue' as const, delayMs })),
  fc.constant(UNPROCESSED),
);
const counts = fc.dictionary(fc.oneof(name, fc.constant('__proto__')), fc.nat(), { noNullPrototype: true });
const group = fc.record(
  { group: name, title: name, kind: fc.constantFrom('crash' as const, 'lag' as const), count: fc.nat() },
  { noNullPrototype: true },
);
const line = fc.record(
  { level: fc.constantFrom('debug' as const, 'error' as const), message: name, fields, index: fc.nat() },
  { noNullPrototype: true },
);
const anyOutcome: fc.Arbitrary<Outcome> = fc.record(
  {
    results: fc.array(result, { maxLength: 20 }),
    elapsedMs: fc.double({ noNaN: true }),
    cpuMs: fc.double({ noNaN: true }),
    tally: fc.record(
      { platforms: counts, problems: counts, groups: fc.array(group), repeats: fc.nat() },
      { noNullPrototype: true },
    ),
    logs: fc.array(line, { maxLength: 5 }),
  },
  { noNullPrototype: true },
);

const NOTHING = {
  elapsedMs: 0,
  cpuMs: 0,
  tally: { platforms: {}, problems: {}, groups: [], repeats: 0 },
  logs: [],
};

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A value in one piece. */
function joined(value: UnwrittenFinding['value']): Uint8Array {
  if (typeof value === 'string') return encoded(value);
  if (value instanceof Uint8Array) return value;
  return Uint8Array.of(...encoded(value[0]), ...value[1]);
}

describe('an outcome on its way back', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(anyOutcome, (outcome) => {
        assert.deepEqual(unpackOutcome(packOutcome(outcome)), outcome);
      }),
    );
  });

  it('findings are views of the buffer, and share the text of their category', () => {
    const findings = [1, 2].map((byte) => ({
      id: Buffer.of(byte),
      value: Buffer.of(byte, byte),
      category: 'C',
    }));
    const buffer = packOutcome({
      results: [{ status: 'done', findings }],
      elapsedMs: 1,
      cpuMs: 1,
      tally: { platforms: {}, problems: {}, groups: [], repeats: 0 },
      logs: [],
    });

    const [copy] = unpackOutcome(buffer).results;

    assert.equal(copy?.status, 'done');
    assert.equal(
      copy.findings.every(({ id, value }) => id.buffer === buffer && value.buffer === buffer),
      true,
    );
  });

  it('text comes out as its UTF-8, however often the buffer had to grow', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 30 }), (pairs) => {
        const writer = new OutcomeWriter((size) => new ArrayBuffer(size), 0);

        const results = pairs.map(([id, value]) => writer.write([{ id, value, category: 'C' }]));
        const outcome = unpackOutcome(writer.finish({ ...NOTHING, results }));

        const expected = pairs.map(([id, value]) => [encoded(id), encoded(value)]);
        assert.deepEqual(
          outcome.results.map((one) =>
            one.status === 'done' ? one.findings.flatMap((written) => [written.id, written.value]) : [],
          ),
          expected,
        );
      }),
    );
  });

  it('a value of two parts comes out as one, text as its UTF-8 and bytes as they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    const value = fc.oneof(text, bytes, fc.tuple(text, bytes));
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 3 }), { maxLength: 20 }), (deliveries) => {
        const writer = new OutcomeWriter((size) => new ArrayBuffer(size), 0);

        const results = deliveries.map((values) =>
          writer.write(values.map((one, index) => ({ id: `id ${index}`, value: one, category: 'C' }))),
        );
        const outcome = unpackOutcome(writer.finish({ ...NOTHING, results }));

        assert.deepEqual(
          outcome.results.map((one) =>
            one.status === 'done'
              ? one.findings.map(({ id, value: found }) => [String(Buffer.from(id)), found])
              : [],
          ),
          deliveries.map((values) => values.map((one, index) => [`id ${index}`, joined(one)])),
        );
      }),
    );
  });

  it('both parts of a value count where findings are too large together', () => {
    const writer = new OutcomeWriter((size) => new ArrayBuffer(size), 0);
    const part = new Uint8Array(FINDINGS_BYTES_MAX - 2);

    assert.throws(() => writer.write([{ id: 'a', value: ['xy', part], category: 'C' }]), {
      code: 'E_FINDING_TOO_LARGE',
    });
    assert.equal(writer.findingsBytes, 0);
    assert.equal(writer.write([{ id: 'a', value: ['x', part], category: 'C' }]).status, 'done');
    assert.equal(writer.findingsBytes, FINDINGS_BYTES_MAX);
  });

  it('the findings of a delivery that failed after all are left out, its neighbours’ are not', () => {
    const writer = new OutcomeWriter((size) => new ArrayBuffer(size), 0);
    const [first, , last] = ['a', 'b', 'c'].map((id) => writer.write([{ id, value: id, category: id }]));
    assert.ok(first !== undefined && last !== undefined);

    const results = [first, UNPROCESSED, last];
    const outcome = unpackOutcome(writer.finish({ ...NOTHING, results }));

    assert.deepEqual(outcome.results, [
      { status: 'done', findings: [{ id: encoded('a'), value: encoded('a'), category: 'a' }] },
      UNPROCESSED,
      { status: 'done', findings: [{ id: encoded('c'), value: encoded('c'), category: 'c' }] },
    ]);
  });

  it('a delivery whose findings are too large together leaves none behind', () => {
    const writer = new OutcomeWriter((size) => new ArrayBuffer(size), 0);
    const before = writer.write([{ id: 'a', value: 'small', category: 'C' }]);
    const large = { id: 'b', value: new Uint8Array(FINDINGS_BYTES_MAX / 2), category: 'C' };

    const { findingsBytes } = writer;
    assert.throws(() => writer.write([large, large]), { code: 'E_FINDING_TOO_LARGE' });
    assert.equal(writer.findingsBytes, findingsBytes);

    const after = writer.write([{ id: 'c', value: 'small', category: 'C' }]);
    const outcome = unpackOutcome(writer.finish({ ...NOTHING, results: [before, after] }));
    assert.deepEqual(
      outcome.results.map((one) => (one.status === 'done' ? one.findings.map(({ id }) => id) : [])),
      [[encoded('a')], [encoded('c')]],
    );
  });
});
