import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reader } from '../../../../../src/transport/kafka/protocol/reader.ts';
import { Writer } from '../../../../../src/transport/kafka/protocol/writer.ts';

interface Kind<T> {
  readonly values: fc.Arbitrary<T>;
  readonly write: (writer: Writer, value: T) => void;
  readonly read: (reader: Reader) => T;
}

/** A value that can write itself and see itself come back. */
interface Written {
  readonly write: (writer: Writer) => void;
  readonly check: (reader: Reader) => void;
}

function written<T>({ values, write, read }: Kind<T>): fc.Arbitrary<Written> {
  return values.map((value) => ({
    write: (writer) => write(writer, value),
    check: (reader) => assert.deepEqual(read(reader), value),
  }));
}

const text = fc.string({ unit: 'binary', maxLength: 300 });
const array = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));

const anyValue = fc.oneof(
  written({
    values: fc.integer({ min: -128, max: 127 }),
    write: (writer, value) => writer.int8(value),
    read: (reader) => reader.int8(),
  }),
  written({
    values: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
    write: (writer, value) => writer.int16(value),
    read: (reader) => reader.int16(),
  }),
  written({
    values: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    write: (writer, value) => writer.int32(value),
    read: (reader) => reader.int32(),
  }),
  written({
    values: fc.maxSafeInteger(),
    write: (writer, value) => writer.int64(value),
    read: (reader) => reader.int64(),
  }),
  written({
    values: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    write: (writer, value) => writer.unsignedVarint(value),
    read: (reader) => reader.unsignedVarint(),
  }),
  written<string | null>({
    values: fc.option(text),
    write: (writer, value) => writer.string(value),
    read: (reader) => reader.nullableString(),
  }),
  written({
    values: fc.uint8Array({ maxLength: 300 }).map((bytes): Uint8Array => Buffer.from(bytes)),
    write: (writer, value) => writer.bytes(value),
    read: (reader) => reader.bytes(),
  }),
  written({
    values: array,
    write: (writer, value) => writer.array(value, (item) => writer.int32(item)),
    read: (reader) => reader.array(() => reader.int32()),
  }),
  written<string | null>({
    values: text,
    write: (writer, value) => writer.compactString(value ?? ''),
    read: (reader) => reader.compactString(),
  }),
  written({
    values: array,
    write: (writer, value) => writer.compactArray(value, (item) => writer.int32(item).noTags()),
    read: (reader) =>
      reader.compactArray(() => {
        const item = reader.int32();
        reader.skipTags();
        return item;
      }),
  }),
);

/** So much before them that the buffer, of 512 bytes at first, grows at one of them. */
const before = fc.integer({ min: 490, max: 512 });

test('whatever was written comes back, wherever the buffer grows', () => {
  fc.assert(
    fc.property(before, fc.array(anyValue, { minLength: 1, maxLength: 20 }), (filling, values) => {
      const writer = new Writer();
      for (let i = 0; i < filling; i += 1) writer.int8(1);
      for (const { write } of values) write(writer);

      const reader = new Reader(writer.buffer);
      for (let i = 0; i < filling; i += 1) assert.equal(reader.int8(), 1);
      for (const { check } of values) check(reader);
    }),
    { numRuns: 1000 },
  );
});
