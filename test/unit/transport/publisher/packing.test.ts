import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Publication } from '../../../../src/model/delivery.ts';
import { packPublications, unpackPublications } from '../../../../src/transport/publisher/packing.ts';
import { AWKWARD, publications } from '../../../contract/records.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
/** Any UTF-16, halves of pairs too. */
const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'faultline-id', '\ud800', ''));
const publication: fc.Arbitrary<Publication> = fc.record({
  topic: name,
  key: fc.option(bytes),
  value: bytes,
  headers: fc.array(fc.tuple(name, bytes), { maxLength: 4 }),
  timestampMs: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
});
const request = fc.array(publication, { maxLength: 20 });

/** Plain arrays: views of one buffer and of another compare by their bytes. */
function content(all: readonly Publication[]): unknown {
  return all.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: key === null ? null : [...key],
    value: [...value],
    headers: headers.map(([header, part]) => [header, [...part]]),
  }));
}

/** Through a copy, as another thread has it. */
function carried(all: readonly Publication[], spare: ArrayBuffer | null = null): readonly Publication[] {
  const packed = packPublications(all, (bytesMin) => {
    if (spare !== null && spare.byteLength >= bytesMin) return spare;
    return new ArrayBuffer(bytesMin);
  });
  return unpackPublications(structuredClone(packed));
}

test('every publication arrives as it was, whatever its bytes, names and headers', () => {
  const property = fc.property(request, (all) => {
    assert.deepEqual(content(carried(all)), content(all));
  });

  fc.assert(property);
  assert.deepEqual(
    content(carried(publications('findings', AWKWARD))),
    content(publications('findings', AWKWARD)),
  );
});

test('what a buffer held before does not show', () => {
  const property = fc.property(request, request, (before, all) => {
    const spare = new ArrayBuffer(64 * 1024);
    carried(before, spare);

    assert.deepEqual(content(carried(all, spare)), content(all));
  });

  fc.assert(property);
});

test('no more bytes are asked for than are used, and a name crosses once', () => {
  const all = Array.from({ length: 100 }, (_, i): Publication => {
    const headers = [['faultline-id', Buffer.alloc(16)]] as const;
    return { topic: 'findings', key: Buffer.alloc(8), value: Buffer.alloc(i), headers, timestampMs: i };
  });
  const asked: number[] = [];

  const { names } = packPublications(all, (bytesMin) => {
    asked.push(bytesMin);
    return new ArrayBuffer(bytesMin);
  });

  assert.deepEqual(asked, [8 + 100 * (8 + 16 + 8 + 8 + 16) + 4950]);
  assert.deepEqual(names, ['findings', 'faultline-id']);
});

test('a value of many megabytes arrives', () => {
  const value = Buffer.alloc(48 * 2 ** 20, 7);
  value[value.length - 1] = 1;
  const huge = { topic: 't', key: null, value, headers: [], timestampMs: 0 };

  const [small, large] = carried([{ ...huge, value: Buffer.from('small') }, huge]);

  assert.equal(Buffer.from(small?.value ?? []).toString(), 'small');
  assert.ok(value.equals(large?.value ?? Buffer.alloc(0)));
});
