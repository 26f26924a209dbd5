/**
 * MessagePack, for what is structured and for events that come in it.
 *
 * Foreign bytes are walked before they are decoded: only plain types and timestamps pass, nothing
 * claims to be longer than its bytes, nothing nests deeper than a limit. So the decoder's own
 * extensions (records that compile code, references that make cycles) are never reached from
 * outside. Does not validate UTF-8.
 */
import { Packr, Unpackr } from 'msgpackr';

/** How deep foreign msgpack may nest. */
const MSGPACK_DEPTH_MAX = 512;

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

/** Encodes plain data. The result is a view of a larger buffer: never transfer it. */
export function packMsgpack(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** Decodes what {@link packMsgpack} made in this process. */
export function unpackMsgpack(bytes: Uint8Array): unknown {
  const value: unknown = unpackr.unpack(bytes);
  return value;
}

/** Decodes foreign bytes. Throws a RangeError or TypeError that says at which byte it is not plain msgpack. */
export function unpackForeignMsgpack(bytes: Uint8Array): unknown {
  checkPlain(bytes);
  return unpackMsgpack(bytes);
}

/** True where the bytes begin as a msgpack map does; no JSON text begins so. */
export function beginsAsMsgpackMap(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf;
}

/** Values that a container at each level still expects; the walk needs no recursion. */
function checkPlain(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected: number[] = [1];
  let at = 0;
  while (expected.length > 0) {
    const level = expected.length - 1;
    const left = expected[level] ?? 0;
    if (left === 0) {
      expected.pop();
      continue;
    }
    expected[level] = left - 1;
    const token = readToken(view, at);
    at = token.end;
    if (at > bytes.length || token.children > bytes.length - at) {
      throw new RangeError(`msgpack ends early, at byte ${bytes.length}`);
    }
    if (token.children === 0) continue;
    if (expected.length >= MSGPACK_DEPTH_MAX) throw new RangeError(`msgpack nests too deep at byte ${at}`);
    expected.push(token.children);
  }
  if (at !== bytes.length) throw new RangeError(`msgpack has bytes behind its end, at byte ${at}`);
}

interface Token {
  /** The byte behind the token, its string or binary included. */
  readonly end: number;
  /** Values that follow and belong to it. */
  readonly children: number;
}

/** Reads one token; the table is https://github.com/msgpack/msgpack/blob/master/spec.md. */
function readToken(view: DataView, at: number): Token {
  if (at >= view.byteLength) throw new RangeError(`msgpack ends early, at byte ${at}`);
  const first = view.getUint8(at);
  if (first <= 0x7f || first >= 0xe0) return { end: at + 1, children: 0 };
  if (first <= 0x8f) return { end: at + 1, children: 2 * (first & 0x0f) };
  if (first <= 0x9f) return { end: at + 1, children: first & 0x0f };
  if (first <= 0xbf) return { end: at + 1 + (first & 0x1f), children: 0 };
  return readSizedToken(view, at, first);
}

function readSizedToken(view: DataView, at: number, first: number): Token {
  switch (first) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return { end: at + 1, children: 0 };
    case 0xc4:
    case 0xd9:
      return { end: at + 2 + view.getUint8(at + 1), children: 0 };
    case 0xc5:
    case 0xda:
      return { end: at + 3 + view.getUint16(at + 1), children: 0 };
    case 0xc6:
    case 0xdb:
      return { end: at + 5 + view.getUint32(at + 1), children: 0 };
    case 0xca:
    case 0xce:
    case 0xd2:
      return { end: at + 5, children: 0 };
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return { end: at + 9, children: 0 };
    case 0xcc:
    case 0xd0:
      return { end: at + 2, children: 0 };
    case 0xcd:
    case 0xd1:
      return { end: at + 3, children: 0 };
    case 0xdc:
      return { end: at + 3, children: view.getUint16(at + 1) };
    case 0xdd:
      return { end: at + 5, children: view.getUint32(at + 1) };
    case 0xde:
      return { end: at + 3, children: 2 * view.getUint16(at + 1) };
    case 0xdf:
      return { end: at + 5, children: 2 * view.getUint32(at + 1) };
    default:
      return readTimestamp(view, at, first);
  }
}

/** The one extension that passes: type -1 in its lengths of 4, 8 and 12 bytes. */
function readTimestamp(view: DataView, at: number, first: number): Token {
  if (first === 0xd6 && view.getInt8(at + 1) === -1) return { end: at + 6, children: 0 };
  if (first === 0xd7 && view.getInt8(at + 1) === -1) return { end: at + 10, children: 0 };
  if (first === 0xc7 && view.getUint8(at + 1) === 12 && view.getInt8(at + 2) === -1) {
    return { end: at + 15, children: 0 };
  }
  throw new TypeError(`msgpack has an extension that is no timestamp at byte ${at}`);
}
