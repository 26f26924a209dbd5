/**
 * A batch as one ArrayBuffer, to be transferred to a worker.
 *
 * Hot on the main thread: per delivery it writes one row of a table and copies its value, and
 * allocates nothing. The worker reads values in place; it must not keep a view once the buffer is
 * given back. Only what the worker needs crosses: no key, for it has the order, and of the headers
 * the content type, as a number.
 *
 * Layout, in the machine's byte order (both ends are the same process):
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | batch id, float64 |
 * | 4 · 4 | int32: count, end of the values, length of the topics, unused |
 * | 24 · count | float64: offset, timestamp in ms, order |
 * | 28 · count | int32: task, attempt, topic index, partition, start, value length (-1: null), encoding |
 * | … | the values, side by side |
 * | … | topics, a JSON array in UTF-8 |
 */
import { assert } from '../model/assert.ts';
import type { Batch, BatchItem } from '../model/batch.ts';
import type { EventEncoding } from './event.ts';
import { encodingOf, HEADERS_OF_ENCODING } from './event.ts';

/** Gives a buffer of at least so many bytes; what it holds does not matter. */
export type Allocate = (bytesMin: number) => ArrayBuffer;

const HEADER_BYTES = 24;
const ROW_FLOATS = 3;
const ROW_INTS = 7;
const ROW_BYTES = 8 * ROW_FLOATS + 4 * ROW_INTS;

/** The int32 index of each header field, and of the table behind the floats. */
const COUNT = 2;
const BYTES_END = 3;
const TOPICS_LENGTH = 4;

const ENCODINGS: readonly EventEncoding[] = ['auto', 'json', 'msgpack'];

/** Packs a batch into a buffer that `allocate` gives. */
export function packBatch(batch: Batch, allocate: Allocate): ArrayBuffer {
  const { items } = batch;
  const topics = topicsOf(items);
  const topicsJson = JSON.stringify(topics);
  const buffer = allocate(sizeOf(items) + 3 * topicsJson.length);
  const floats = new Float64Array(buffer, 0, 3 + ROW_FLOATS * items.length);
  const ints = new Int32Array(buffer, 0, (HEADER_BYTES + ROW_BYTES * items.length) >> 2);
  floats[0] = batch.id;
  ints[COUNT] = items.length;
  const end = packRows(items, topics, { buffer, floats, ints });
  ints[BYTES_END] = end;
  ints[TOPICS_LENGTH] = Buffer.from(buffer, end).write(topicsJson);
  return buffer;
}

/** The batch again, its deliveries without their keys and other headers; values are views of `buffer`. */
export function unpackBatch(buffer: ArrayBuffer): Batch {
  const head = new Int32Array(buffer, 0, HEADER_BYTES >> 2);
  const count = head[COUNT] ?? 0;
  const tables: Tables = {
    buffer,
    floats: new Float64Array(buffer, 0, 3 + ROW_FLOATS * count),
    ints: new Int32Array(buffer, 0, (HEADER_BYTES + ROW_BYTES * count) >> 2),
  };
  const topicsBytes = Buffer.from(buffer, head[BYTES_END], head[TOPICS_LENGTH]);
  const topics = JSON.parse(topicsBytes.toString()) as readonly string[];
  const items = new Array<BatchItem>(count);
  for (let row = 0; row < count; row += 1) items[row] = unpackRow(tables, row, topics);
  return { id: tables.floats[0] ?? 0, items };
}

interface Tables {
  readonly buffer: ArrayBuffer;
  readonly floats: Float64Array;
  readonly ints: Int32Array;
}

/** Topics in the order of their first delivery; runs of one topic cost one comparison each. */
function topicsOf(items: readonly BatchItem[]): readonly string[] {
  const topics = new Set<string>();
  let last: string | undefined;
  for (const { delivery } of items) {
    if (delivery.topic !== last) topics.add((last = delivery.topic));
  }
  return [...topics];
}

function sizeOf(items: readonly BatchItem[]): number {
  let bytes = HEADER_BYTES + ROW_BYTES * items.length;
  for (const { delivery } of items) {
    if (delivery.value !== null) bytes += delivery.value.length;
  }
  assert(bytes < 2 ** 31, 'a batch is smaller than 2 GiB');
  return bytes;
}

/** Writes all rows and bytes; returns where the bytes end. */
function packRows(items: readonly BatchItem[], topics: readonly string[], tables: Tables): number {
  const { floats, ints } = tables;
  const target = new Uint8Array(tables.buffer);
  let float = 3;
  let int = (HEADER_BYTES + 8 * ROW_FLOATS * items.length) >> 2;
  let at = HEADER_BYTES + ROW_BYTES * items.length;
  let topic = 0;
  for (const { delivery, task, attempt, order } of items) {
    const { value } = delivery;
    if (delivery.topic !== topics[topic]) topic = topics.indexOf(delivery.topic);
    floats[float] = delivery.offset;
    floats[float + 1] = delivery.timestampMs;
    floats[float + 2] = order;
    float += ROW_FLOATS;
    ints[int] = task;
    ints[int + 1] = attempt;
    ints[int + 2] = topic;
    ints[int + 3] = delivery.partition;
    ints[int + 4] = at;
    ints[int + 5] = value === null ? -1 : value.length;
    ints[int + 6] = delivery.headers.length === 0 ? 0 : ENCODINGS.indexOf(encodingOf(delivery.headers));
    int += ROW_INTS;
    if (value !== null) {
      target.set(value, at);
      at += value.length;
    }
  }
  return at;
}

function unpackRow({ buffer, floats, ints }: Tables, row: number, topics: readonly string[]): BatchItem {
  const float = 3 + row * ROW_FLOATS;
  const int = ints.length - ((floats.length - 3) / ROW_FLOATS - row) * ROW_INTS;
  const valueLength = ints[int + 5] ?? 0;
  const delivery = {
    topic: topics[ints[int + 2] ?? 0] ?? '',
    partition: ints[int + 3] ?? 0,
    offset: floats[float] ?? 0,
    key: null,
    value: valueLength < 0 ? null : Buffer.from(buffer, ints[int + 4], valueLength),
    headers: HEADERS_OF_ENCODING[ENCODINGS[ints[int + 6] ?? 0] ?? 'auto'],
    timestampMs: floats[float + 1] ?? 0,
  };
  return {
    delivery,
    task: ints[int] ?? 0,
    attempt: ints[int + 1] ?? 0,
    order: floats[float + 2] ?? 0,
  };
}
