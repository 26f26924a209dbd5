import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LogBook } from '../../../../src/pool/worker/logs.ts';

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describe('the log book of a batch', () => {
  it('takes any fields, and leaves out what is too large or cannot be said', () => {
    const book = new LogBook();
    for (const fields of [undefined, { n: 1 }, 'text', cycle, { f: () => 1 }, { text: 'x'.repeat(9_999) }]) {
      book.add(0, { level: 'info', message: 'm' }, fields);
    }

    const fields = book.lines().map((line) => line.fields);

    assert.deepEqual(fields.slice(0, 3), [{}, { n: 1 }, { value: 'text' }]);
    assert.ok(fields.slice(3).every((one) => typeof one['fields_left_out'] === 'string'));
    assert.ok(JSON.stringify(fields).length < 5_000);
  });

  it('cuts long messages', () => {
    const book = new LogBook();

    book.add(0, { level: 'info', message: 'x'.repeat(1_000_000) }, undefined);

    assert.equal(book.lines()[0]?.message.length, 1_000);
  });
});
