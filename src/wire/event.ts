/**
 * Bytes of a delivery to a {@link PerfEvent}: JSON or msgpack, in this project's spelling or that of
 * the services it replaces.
 *
 * What makes an event unusable is a coded error (`E_EVENT_TOO_LARGE`, `E_EVENT_UNMARSHAL`,
 * `E_EVENT_SCHEMA`); what is odd and bearable becomes one of the event's `problems`. The report
 * itself is not looked into.
 */
import { hash } from 'node:crypto';
import type { Delivery, Headers } from '../model/delivery.ts';
import { NO_HEADERS } from '../model/delivery.ts';
import { describe, EngineError } from '../model/errors.ts';
import { pastValue, valueBehind } from '../model/json-bytes.ts';
import type { PerfEvent, ProfileData } from '../model/event.ts';
import type { Problem } from '../model/report.ts';
import type { AnalysisLimits } from '../model/task.ts';
import { beginsAsMsgpackMap, unpackForeignMsgpack } from './msgpack.ts';
import { parseTimestampMs } from './timestamp.ts';

/** Where the bytes came from: names an event without id, dates one without timestamp. A delivery is one. */
export type EventOrigin = Pick<Delivery, 'topic' | 'partition' | 'offset' | 'timestampMs'>;

/** The format of a value, as its headers say. */
export type EventEncoding = 'auto' | 'json' | 'msgpack';

type Fields = Readonly<Record<string, unknown>>;

/** An id longer than this is not taken: it travels in a header too. */
const ID_LENGTH_MAX = 512;

const CONTENT_TYPE = 'content-type';
const EMPTY: Fields = Object.freeze({});

/**
 * Decodes and validates one event. Throws `E_EVENT_TOO_LARGE` before anything is parsed (details:
 * `bytes`, `sha256`), `E_EVENT_UNMARSHAL`, or `E_EVENT_SCHEMA`.
 */
export function decodeEvent(
  value: Uint8Array | null,
  headers: Headers,
  source: EventOrigin,
  limits: Pick<AnalysisLimits, 'eventBytesMax'>,
): PerfEvent {
  if (value === null || value.length === 0) {
    throw new EngineError(
      'E_EVENT_UNMARSHAL',
      value === null ? 'the value is null' : 'the value has 0 bytes',
    );
  }
  if (value.length > limits.eventBytesMax) throw tooLarge(value, limits.eventBytesMax);
  const problems: Problem[] = [];
  const fields = unmarshal(value, encodingOf(headers), problems);
  return toEvent(fields, source, problems);
}

/** The report of an event that is left where it stands. */
export interface ReportPlace {
  readonly start: number;
  readonly end: number;
}

const PROFILE_DATA = Buffer.from('"profile_data"');
/** A text, an object or a list: anything else is no report, and another field may be. */
const REPORT_BEGINS: ReadonlySet<number> = new Set(Buffer.from('"{['));

/**
 * Where `profile_data` seems to stand in a JSON event, whole; `null` where it does not. A look that costs
 * little: only {@link decodeAround} says whether it is the event's.
 */
export function reportPlace(value: Uint8Array, headers: Headers): ReportPlace | null {
  if (headers.length > 0 && encodingOf(headers) === 'msgpack') return null;
  const name = asBuffer(value).indexOf(PROFILE_DATA);
  const start = name < 0 ? -1 : valueBehind(value, name + PROFILE_DATA.length);
  const end = start < 0 || !REPORT_BEGINS.has(value[start] ?? 0) ? -1 : pastValue(value, start);
  return end < 0 ? null : { start, end };
}

/**
 * As {@link decodeEvent}, of an event whose report at `place`, if it is its report, is known to be JSON:
 * that is not parsed, and the event's `profileData` is empty. `null` where only {@link decodeEvent} can
 * tell what the event is. `mark` stands for the report meanwhile: a word that nobody who sends events knows.
 */
export function decodeAround(
  value: Uint8Array,
  { start, end }: ReportPlace,
  source: EventOrigin,
  mark: string,
): PerfEvent | null {
  const bytes = asBuffer(value);
  const text = `${bytes.toString('utf8', 0, start)}"${mark}"${bytes.toString('utf8', end)}`;
  try {
    const fields = JSON.parse(text) as Record<string, unknown>;
    if (fields['profile_data'] !== mark || text.includes('\ufffd')) return null;
    fields['profile_data'] = '';
    return toEvent(fields, source, []);
  } catch {
    return null;
  }
}

/** What the `content-type` header says of the value; `auto` where it says nothing known. */
export function encodingOf(headers: Headers): EventEncoding {
  for (const [name, bytes] of headers) {
    if (name.length !== CONTENT_TYPE.length || name.toLowerCase() !== CONTENT_TYPE) continue;
    const type = asBuffer(bytes).toString('latin1', 0, 64).toLowerCase();
    if (type.includes('msgpack')) return 'msgpack';
    if (type.includes('json')) return 'json';
  }
  return 'auto';
}

/** Headers that say so, for {@link decodeEvent}; shared. */
export const HEADERS_OF_ENCODING: Readonly<Record<EventEncoding, Headers>> = {
  auto: NO_HEADERS,
  json: Object.freeze([[CONTENT_TYPE, Buffer.from('application/json')] as const]),
  msgpack: Object.freeze([[CONTENT_TYPE, Buffer.from('application/msgpack')] as const]),
};

function tooLarge(value: Uint8Array, eventBytesMax: number): EngineError {
  const details = { bytes: value.length, sha256: hash('sha256', value) };
  return new EngineError(
    'E_EVENT_TOO_LARGE',
    `the value has ${value.length} bytes, limits.eventBytesMax is ${eventBytesMax}`,
    { details },
  );
}

function unmarshal(value: Uint8Array, encoding: EventEncoding, problems: Problem[]): Fields {
  const msgpack = encoding === 'msgpack' || (encoding === 'auto' && beginsAsMsgpackMap(value));
  let decoded: unknown;
  try {
    decoded = msgpack ? unpackForeignMsgpack(value) : parseJson(value, problems);
  } catch (error) {
    throw new EngineError('E_EVENT_UNMARSHAL', `not ${msgpack ? 'msgpack' : 'JSON'}: ${reason(error)}`);
  }
  if (isFields(decoded)) return decoded;
  throw new EngineError('E_EVENT_UNMARSHAL', `the value is ${nameOf(decoded)}, not an object`);
}

/** Invalid UTF-8 decodes to U+FFFD; only a text that has one is looked at again. */
function parseJson(value: Uint8Array, problems: Problem[]): unknown {
  let text = asBuffer(value).toString();
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  const decoded: unknown = JSON.parse(text);
  if (text.includes('\ufffd') && !isUtf8(value)) problems.push({ code: 'invalid-utf8' });
  return decoded;
}

function isUtf8(value: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(value);
    return true;
  } catch {
    return false;
  }
}

/** The parser's sentence without the piece of the payload that it quotes. */
function reason(error: unknown): string {
  return (
    describe(error)
      .split(/, (?:\.\.\.)?["“]/, 1)[0]
      ?.slice(0, 200) ?? ''
  );
}

/** Of each field the first spelling that is there, ours first; `null` counts as absent. */
function toEvent(fields: Fields, source: EventOrigin, problems: Problem[]): PerfEvent {
  const category = fields['category'] ?? fields['Category'] ?? undefined;
  if (typeof category !== 'string' || category === '') throw schemaError('category', 'a string', category);
  const profileData = toProfileData(
    fields['profile_data'] ??
      fields['profileData'] ??
      fields['ProfileData'] ??
      fields['Profile_Data'] ??
      undefined,
  );
  return {
    id: toId(fields['id'] ?? fields['ID'] ?? fields['Id'] ?? undefined, source, problems),
    category,
    timestampMs: toTimestampMs(fields['timestamp'] ?? fields['Timestamp'] ?? undefined, source, problems),
    dimensions: toFields('dimensions', fields['dimensions'] ?? fields['Dimensions'] ?? undefined, problems),
    values: toFields('values', fields['values'] ?? fields['Values'] ?? undefined, problems),
    profileData,
    problems,
  };
}

/** `{ format, report }`; anything else that can be a report is one, of a format to be detected. */
function toProfileData(value: unknown): ProfileData {
  const data = asText(value);
  if (typeof data === 'string' || Array.isArray(data)) return { format: 'auto', report: data };
  if (!isFields(data)) throw schemaError('profile_data', 'an object, an array or a string', data);
  const format = data['format'] ?? data['Format'];
  const report = asText(data['report'] ?? data['Report'] ?? data);
  return { format: typeof format === 'string' && format !== '' ? format : 'auto', report };
}

/** An event without a usable id gets one that is the same each time. */
function toId(value: unknown, source: EventOrigin, problems: Problem[]): string {
  if (typeof value === 'string' && value !== '' && value.length <= ID_LENGTH_MAX) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (value !== undefined) problems.push({ code: 'bad-id', at: 'id' });
  return `${source.topic}:${source.partition}:${source.offset}`;
}

function toTimestampMs(value: unknown, source: EventOrigin, problems: Problem[]): number {
  const timestampMs = parseTimestampMs(value);
  if (timestampMs !== undefined) return timestampMs;
  if (value !== undefined) problems.push({ code: 'bad-timestamp', at: 'timestamp' });
  return source.timestampMs;
}

function toFields(name: string, value: unknown, problems: Problem[]): Fields {
  if (isFields(value)) return value;
  if (value !== undefined) problems.push({ code: `bad-${name}`, at: name });
  return EMPTY;
}

/** msgpack carries text as binary too. */
function asText(value: unknown): unknown {
  return value instanceof Uint8Array ? asBuffer(value).toString() : value;
}

function schemaError(field: string, wanted: string, value: unknown): EngineError {
  const fault = value === undefined ? 'is missing' : `is ${nameOf(value)}`;
  return new EngineError('E_EVENT_SCHEMA', `the event’s ${field} ${fault}; it must be ${wanted}`, {
    details: { field },
  });
}

function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Uint8Array || value instanceof Date);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'empty';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
