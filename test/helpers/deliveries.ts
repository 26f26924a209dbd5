/** Deliveries and publications for tests, from as little as the test cares for. */
import type { Delivery, Headers, Publication } from '../../src/model/delivery.ts';
import { NO_HEADERS } from '../../src/model/delivery.ts';

/** A time that tests agree on: milliseconds since 1970. */
export const SOME_TIME_MS: number = Date.UTC(2026, 10, 20, 8, 15, 30, 123);

/** What a test may say of a delivery; texts become bytes. */
export interface DeliveryShape {
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

/** Text as bytes. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes as text; `null` stays. */
export function text(value: Uint8Array | null): string | null {
  return value === null ? null : new TextDecoder().decode(value);
}

/** A delivery: of `crash/0@0`, key `key`, value `value`, unless said otherwise. */
export function makeDelivery(shape: DeliveryShape = {}): Delivery {
  const { topic = 'crash', partition = 0, offset = 0, key = 'key', value = 'value' } = shape;
  return {
    topic,
    partition,
    offset,
    key: asBytes(key),
    value: asBytes(value),
    headers: asHeaders(shape.headers),
    timestampMs: shape.timestampMs ?? SOME_TIME_MS,
  };
}

/** `count` deliveries of one partition from offset `from` on; `shape` may depend on the index. */
export function makeDeliveries(
  count: number,
  shape: (index: number) => DeliveryShape = () => ({}),
  from = 0,
): Delivery[] {
  return Array.from({ length: count }, (_, index) => makeDelivery({ offset: from + index, ...shape(index) }));
}

/** What a test may say of a publication. */
export interface PublicationShape {
  readonly topic?: string;
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestampMs?: number;
}

/** A publication: to `findings`, key `key`, value `value`, unless said otherwise. */
export function makePublication(shape: PublicationShape = {}): Publication {
  const { topic = 'findings', key = 'key', value = 'value' } = shape;
  return {
    topic,
    key: asBytes(key),
    value: typeof value === 'string' ? bytes(value) : value,
    headers: asHeaders(shape.headers),
    timestampMs: shape.timestampMs ?? SOME_TIME_MS,
  };
}

/** The text of a header; `null` when there is none. */
export function headerText(headers: Headers, name: string): string | null {
  const header = headers.findLast(([present]) => present === name);
  return header === undefined ? null : text(header[1]);
}

function asBytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? bytes(value) : value;
}

function asHeaders(headers: Readonly<Record<string, string>> | undefined): Headers {
  if (headers === undefined) return NO_HEADERS;
  return Object.entries(headers).map(([name, value]) => [name, bytes(value)] as const);
}
