/**
 * The publications of one request as one ArrayBuffer, to be moved to the thread that writes them.
 *
 * Hot on the main thread: per publication it writes a row of a table and copies its bytes, and allocates nothing.
 * Topics and names of headers go beside the buffer, each once.
 *
 * Layout, in the machine's byte order (both ends are the same process):
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 · 2 | int32: count, headers of all publications |
 * | 8 · count | float64: timestamp in ms |
 * | 16 · count | int32: topic, key length (-1: null), value length, headers |
 * | 8 · headers | int32: name, value length |
 * | … | of each publication: key, value, values of its headers |
 */
import { assert } from '../../model/assert.ts';
import type { Header, Headers, Publication } from '../../model/delivery.ts';
import { NO_HEADERS } from '../../model/delivery.ts';
import type { Allocate } from '../../wire/batch.ts';

/** Publications between two threads. */
export interface PackedPublications {
  readonly buffer: ArrayBuffer;
  /** Topics and names of headers, which the rows name by their index. */
  readonly names: readonly string[];
}

const HEAD_BYTES = 8;
const ROW_INTS = 4;
const HEADER_INTS = 2;
const BYTES_MAX = 2 ** 31 - 1;

/** Packs them into a buffer that `allocate` gives. */
export function packPublications(
  publications: readonly Publication[],
  allocate: Allocate,
): PackedPublications {
  const { bytes, headers } = sizeOf(publications);
  const count = publications.length;
  const buffer = allocate(startOfBytes(count, headers) + bytes);
  new Int32Array(buffer, 0, 2).set([count, headers]);
  const names = new Map<string, number>();
  writeRows(publications, tablesOf(buffer), (name) => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, names.size);
    return names.size - 1;
  });
  return { buffer, names: [...names.keys()] };
}

/** The publications again; all bytes are views of the buffer. */
export function unpackPublications({ buffer, names }: PackedPublications): readonly Publication[] {
  const tables = tablesOf(buffer);
  const { timestamps, rows, headers: headerRows, bytes } = tables;
  let at = startOfBytes(timestamps.length, headerRows.length / HEADER_INTS);
  let header = 0;
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  const nameOf = (index: number | undefined): string => {
    const name = names[index ?? -1];
    assert(name !== undefined, 'a row names what is there');
    return name;
  };
  const takeHeaders = (count: number): Headers => {
    if (count === 0) return NO_HEADERS;
    return Array.from({ length: count }, (): Header => {
      const row = HEADER_INTS * header++;
      return [nameOf(headerRows[row]), take(headerRows[row + 1] ?? 0)];
    });
  };
  return Array.from(timestamps, (timestampMs, index): Publication => {
    const row = ROW_INTS * index;
    const keyLength = rows[row + 1] ?? 0;
    const topic = nameOf(rows[row]);
    const key = keyLength < 0 ? null : take(keyLength);
    const value = take(rows[row + 2] ?? 0);
    return { topic, key, value, headers: takeHeaders(rows[row + 3] ?? 0), timestampMs };
  });
}

interface Tables {
  readonly timestamps: Float64Array;
  readonly rows: Int32Array;
  readonly headers: Int32Array;
  readonly bytes: Uint8Array;
}

function tablesOf(buffer: ArrayBuffer): Tables {
  const [count = 0, headers = 0] = new Int32Array(buffer, 0, 2);
  const rowsAt = HEAD_BYTES + 8 * count;
  const headersAt = rowsAt + 4 * ROW_INTS * count;
  return {
    timestamps: new Float64Array(buffer, HEAD_BYTES, count),
    rows: new Int32Array(buffer, rowsAt, ROW_INTS * count),
    headers: new Int32Array(buffer, headersAt, HEADER_INTS * headers),
    bytes: new Uint8Array(buffer),
  };
}

function startOfBytes(count: number, headers: number): number {
  return HEAD_BYTES + (8 + 4 * ROW_INTS) * count + 4 * HEADER_INTS * headers;
}

/** Of keys, values and headers. */
function sizeOf(publications: readonly Publication[]): { bytes: number; headers: number } {
  let bytes = 0;
  let headers = 0;
  for (const publication of publications) {
    bytes += publication.value.length + (publication.key?.length ?? 0);
    headers += publication.headers.length;
    for (const header of publication.headers) bytes += header[1].length;
  }
  assert(startOfBytes(publications.length, headers) + bytes <= BYTES_MAX, 'a request is smaller than 2 GiB');
  return { bytes, headers };
}

function writeRows(
  publications: readonly Publication[],
  { timestamps, rows, headers: headerRows, bytes }: Tables,
  indexOf: (name: string) => number,
): void {
  let at = startOfBytes(timestamps.length, headerRows.length / HEADER_INTS);
  let row = 0;
  let header = 0;
  const put = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  for (const { topic, key, value, headers, timestampMs } of publications) {
    timestamps[row / ROW_INTS] = timestampMs;
    rows[row++] = indexOf(topic);
    rows[row++] = key === null ? -1 : key.length;
    rows[row++] = value.length;
    rows[row++] = headers.length;
    if (key !== null) put(key);
    put(value);
    for (const each of headers) {
      headerRows[header++] = indexOf(each[0]);
      headerRows[header++] = each[1].length;
      put(each[1]);
    }
  }
}
