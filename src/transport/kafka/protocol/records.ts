/**
 * The records of a batch as deliveries. Hot: one call for each record that is consumed.
 *
 * Keys, values and header values are views of the batch, which they keep in memory; the whole of an
 * answer where it was not compressed.
 */
import type { Delivery, Header, Headers, TopicPartition } from '../../../model/delivery.ts';
import { NO_HEADERS } from '../../../model/delivery.ts';
import { decompress } from '../codecs.ts';
import type { RecordBatch } from './batch.ts';

const ATTRIBUTES_AT = 21;
const BASE_TIME_AT = 27;
const LAST_TIME_AT = 35;
const COUNT_AT = 57;
/** The broker's clock says when: all records have the batch's last time. */
const APPEND_TIME = 1 << 3;
const TWO_TO_32 = 2 ** 32;
/** What the tenth byte of a number counts; there is no eleventh. */
const VARINT_SCALE_MAX = 2 ** 63;

/** A batch with its records as they were before they were compressed. Throws what {@link decompress} throws. */
export function unpacked(batch: RecordBatch): RecordBatch {
  const { codec, records } = batch;
  return codec === 0 ? batch : { ...batch, codec: 0, records: decompress(codec, records) };
}

/**
 * The deliveries of a batch at `from` and above, in order. Throws a RangeError where the records do
 * not fit into the bytes, leave some over or are out of place, and what {@link decompress} throws.
 */
export function decodeRecords(batch: RecordBatch, place: TopicPartition, from: number): Delivery[] {
  const { bytes, baseOffset, lastOffset } = batch;
  const cursor = new RecordCursor(unpacked(batch).records);
  const count = bytes.readInt32BE(COUNT_AT);
  const appended = (bytes.readInt16BE(ATTRIBUTES_AT) & APPEND_TIME) !== 0;
  const baseMs = int64(bytes, appended ? LAST_TIME_AT : BASE_TIME_AT);
  const deliveries: Delivery[] = [];
  for (let i = 0, last = baseOffset - 1; i < count; i += 1) {
    const end = cursor.recordEnd();
    const timeDelta = cursor.varint();
    const offset = baseOffset + cursor.varint();
    if (offset <= last || offset > lastOffset)
      throw new RangeError(`a record has offset ${offset}, between ${last} and ${lastOffset + 1}`);
    last = offset;
    if (offset >= from)
      deliveries.push(cursor.delivery(place, offset, appended ? baseMs : baseMs + timeDelta));
    cursor.moveTo(end);
  }
  cursor.assertEnd();
  return deliveries;
}

/** A place in the records of a batch. */
class RecordCursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Begins a record: where it ends. */
  recordEnd(): number {
    const length = this.varint();
    const end = this.#at + length;
    if (length < 1 || end > this.#bytes.length)
      throw new RangeError(`a record of ${length} bytes does not fit`);
    this.#at += 1; // attributes: none are used
    return end;
  }

  /** What follows the two deltas. */
  delivery({ topic, partition }: TopicPartition, offset: number, timestampMs: number): Delivery {
    const key = this.#view();
    const value = this.#view();
    const headers = this.varint();
    return {
      topic,
      partition,
      offset,
      key,
      value,
      headers: headers > 0 ? this.#headers(headers) : NO_HEADERS,
      timestampMs,
    };
  }

  /** Ends a record. */
  moveTo(end: number): void {
    if (this.#at > end) throw new RangeError(`a record is ${this.#at - end} bytes longer than it says`);
    this.#at = end;
  }

  /** There is nothing behind the last record. */
  assertEnd(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new RangeError(`${left} bytes are left behind the last record`);
  }

  /** Zigzag, seven bits a byte; numbers of up to 53 bits. */
  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      if (scale > VARINT_SCALE_MAX) throw new RangeError('a number of more than ten bytes');
      byte = bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #headers(count: number): Headers {
    const headers: Header[] = [];
    for (let i = 0; i < count; i += 1) {
      const nameLength = this.varint();
      const nameEnd = this.#at + nameLength;
      if (nameLength < 0) throw new RangeError('a header without a name');
      const name = this.#bytes.toString('utf8', this.#at, nameEnd);
      this.#at = nameEnd;
      headers.push([name, this.#view() ?? NOTHING]);
    }
    return headers;
  }

  /** A length and so many bytes; `null` for a negative length. */
  #view(): Uint8Array | null {
    const length = this.varint();
    if (length < 0) return null;
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError(`${length} bytes do not fit`);
    return this.#bytes.subarray(at, this.#at);
  }
}

/** The value of a header that has none. */
const NOTHING = new Uint8Array(0);

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}
