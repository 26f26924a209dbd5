/**
 * Findings to bytes: the envelope from the event, then what the analysis found.
 *
 * An encoded finding is within `findingBytesMax` and valid against docs/reference/finding.schema.json;
 * what cannot be encoded is `E_FINDING_ENCODE`. `dimensions` and `values` are not copied whole.
 */
import type { Delivery } from '../model/delivery.ts';
import { describe, EngineError } from '../model/errors.ts';
import type { Dimensions, PerfEvent } from '../model/event.ts';
import type { Analysis, Finding, FindingEnvelope } from '../model/finding.ts';
import { FINDING_SCHEMA } from '../model/finding.ts';
import type { Problem } from '../model/report.ts';
import { toJson } from './finding-json.ts';
import { packMsgpack } from './msgpack.ts';
import { isPlain, isPlainObject, toPlain } from './plain.ts';
import { timestampText } from './timestamp.ts';

/** Who made a finding. */
export type AnalyzerIdentity = FindingEnvelope['analyzer'];

/** Where the event stood. A delivery is one. */
export type FindingSource = Pick<Delivery, 'topic' | 'partition' | 'offset'>;

/** Any finding, as far as the engine needs to know it. */
export type IdentifiedFinding = Pick<FindingEnvelope, 'id' | 'category'>;

/** How findings are written. */
export interface FindingFormat {
  readonly encoding: 'json' | 'msgpack';
  readonly findingBytesMax: number;
}

/** The part of a finding that does not depend on the analysis; `problems` are those of the event’s own envelope. */
export type Envelope = FindingEnvelope & { readonly problems?: readonly Problem[] };

/** Fills the envelope from the event. */
export function envelopeOf(event: PerfEvent, source: FindingSource, analyzer: AnalyzerIdentity): Envelope {
  const { topic, partition, offset } = source;
  return {
    schema: FINDING_SCHEMA,
    id: event.id,
    category: event.category,
    timestamp: timestampText(event.timestampMs),
    ...described(event.dimensions),
    source: { topic, partition, offset },
    analyzer,
    ...(event.problems.length > 0 && { problems: event.problems }),
  };
}

/** The finding of a built-in analyzer, whose problems include the envelope’s. */
export function composeFinding(envelope: Envelope, analysis: Analysis): Finding {
  return { ...envelope, ...analysis };
}

/**
 * The `index`-th finding that an analyzer of one's own returned for an event: a plain copy, envelope
 * fields that it lacks filled in. Without an id of their own, the second and later ones get the
 * event's with `.1`, `.2` … behind it. Throws `E_FINDING_ENCODE`, `E_FINDING_TOO_LARGE`.
 */
export function composeCustomFinding(
  custom: unknown,
  envelope: Envelope,
  place: { readonly index: number; readonly findingBytesMax: number },
): IdentifiedFinding {
  const plain = plainFinding(custom, place.findingBytesMax);
  const id = place.index === 0 ? envelope.id : `${envelope.id}.${place.index}`;
  const finding: Envelope & Readonly<Record<string, unknown>> = { ...envelope, id, ...plain };
  if (typeof finding.id !== 'string') throw cannotEncode('finding.id is no string');
  if (typeof finding.category !== 'string') throw cannotEncode('finding.category is no string');
  return finding;
}

/** Encodes a finding: JSON as text, msgpack as bytes. Throws `E_FINDING_ENCODE`, `E_FINDING_TOO_LARGE`. */
export function encodeFinding(finding: IdentifiedFinding, format: FindingFormat): string | Uint8Array {
  const value = encode(finding, format.encoding);
  const bytes = typeof value === 'string' ? bytesOf(value, format.findingBytesMax) : value.length;
  if (bytes <= format.findingBytesMax) return value;
  throw tooLarge(`the finding has ${bytes} bytes`, format.findingBytesMax);
}

/**
 * As {@link encodeFinding} to JSON of {@link composeFinding}, where the analysis is JSON already, without
 * its opening brace: text and bytes, one behind the other. Throws `E_FINDING_TOO_LARGE`.
 */
export function encodeKnown(
  envelope: Envelope,
  analysis: Uint8Array,
  findingBytesMax: number,
): readonly [string, Uint8Array] {
  const head = `${JSON.stringify(envelope).slice(0, -1)},`;
  const bytes = bytesOf(head, findingBytesMax - analysis.length) + analysis.length;
  if (bytes > findingBytesMax) throw tooLarge(`the finding has ${bytes} bytes`, findingBytesMax);
  return [head, analysis];
}

function encode(finding: IdentifiedFinding, encoding: 'json' | 'msgpack'): string | Uint8Array {
  try {
    return encoding === 'json' ? toJson(finding) : packMsgpack(finding);
  } catch (error) {
    throw cannotEncode(describe(error).split('\n', 1)[0] ?? '');
  }
}

/** Bytes of the text in UTF-8; its length will do where it is far from the limit. */
function bytesOf(text: string, bytesMax: number): number {
  return 3 * text.length <= bytesMax ? text.length : Buffer.byteLength(text);
}

function plainFinding(custom: unknown, findingBytesMax: number): Readonly<Record<string, unknown>> {
  if (!isPlainObject(custom)) throw cannotEncode(`it is ${kindOf(custom)}, not a plain object`);
  try {
    // Each value takes at least two bytes of JSON, one of msgpack.
    if (isPlain(custom, findingBytesMax)) return custom;
    return { ...(toPlain(custom, 'finding', findingBytesMax) as object) };
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(describe(error), findingBytesMax);
    throw cannotEncode(describe(error));
  }
}

type Described = Pick<FindingEnvelope, 'app' | 'platform' | 'os' | 'device' | 'user' | 'scene'>;

/** The dimensions that are there, under their names in the finding. Hot: no loop over names, each is known where it is read. */
function described(dimensions: Dimensions): Described {
  const result: Mutable<Described> = {};
  const app = appOf(dimensions);
  const platform = text(dimensions['platform']);
  const os = text(dimensions['os_version']);
  const user = text(dimensions['user_id']);
  const scene = text(dimensions['scene']);
  const device = deviceOf(dimensions);
  if (app !== undefined) result.app = app;
  if (platform !== undefined) result.platform = platform;
  if (os !== undefined) result.os = os;
  if (user !== undefined) result.user = user;
  if (scene !== undefined) result.scene = scene;
  if (device !== undefined) result.device = device;
  return result;
}

function appOf(dimensions: Dimensions): Described['app'] {
  const id = text(dimensions['app_id']);
  const version = text(dimensions['app_version']);
  const build = text(dimensions['build_id']);
  if (id === undefined && version === undefined && build === undefined) return undefined;
  const app: Mutable<NonNullable<Described['app']>> = {};
  if (id !== undefined) app.id = id;
  if (version !== undefined) app.version = version;
  if (build !== undefined) app.build = build;
  return app;
}

function deviceOf(dimensions: Dimensions): Described['device'] {
  const model = text(dimensions['device_model']);
  const id = text(dimensions['device_id']);
  if (model === undefined && id === undefined) return undefined;
  const device: Mutable<NonNullable<Described['device']>> = {};
  if (model !== undefined) device.model = model;
  if (id !== undefined) device.id = id;
  return device;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an instance of a class' : `a ${typeof value}`;
}

function cannotEncode(why: string): EngineError {
  return new EngineError('E_FINDING_ENCODE', `the finding cannot be encoded: ${why}`);
}

function tooLarge(what: string, findingBytesMax: number): EngineError {
  return new EngineError('E_FINDING_TOO_LARGE', `${what}, limits.findingBytesMax is ${findingBytesMax}`);
}
