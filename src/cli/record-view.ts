/**
 * A record of any topic as people read it: a finding, a dead letter, an event, or whatever it is.
 * Values come from outside: nothing here throws on them, and nothing of them reaches the terminal
 * as a control character.
 */
import type { Delivery } from '../model/delivery.ts';
import { isoTime } from '../model/time.ts';
import { beginsAsMsgpackMap, unpackForeignMsgpack } from '../wire/msgpack.ts';
import { findingLine, findingView, isFinding, type ViewOptions } from './finding-view.ts';
import { clip, displayWidth, formatBytes, printable } from './format.ts';

/** A decoded value: an object or list, a text, or bytes that are neither. */
type Content = { readonly json: unknown } | { readonly text: string } | { readonly bytes: Uint8Array };

/** Decodes a value as JSON or msgpack, else as text. */
function contentOf(value: Uint8Array): Content {
  try {
    if (beginsAsMsgpackMap(value)) return { json: unpackForeignMsgpack(value) };
  } catch {
    // Some text begins like a msgpack map.
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    try {
      return { json: JSON.parse(text) as unknown };
    } catch {
      return { text };
    }
  } catch {
    return { bytes: value };
  }
}

/** The record as one object, ready for JSON. */
export function recordObject(delivery: Delivery): Readonly<Record<string, unknown>> {
  const { topic, partition, offset, key, value, headers, timestampMs } = delivery;
  return {
    topic,
    partition,
    offset,
    timestamp: isoTime(timestampMs),
    key: key === null ? null : textOf(key),
    ...(headers.length === 0
      ? {}
      : { headers: Object.fromEntries(headers.map(([name, bytes]) => [name, textOf(bytes)])) }),
    ...valueObject(value),
  };
}

function valueObject(value: Uint8Array | null): Readonly<Record<string, unknown>> {
  if (value === null) return { value: null };
  const content = contentOf(value);
  if ('json' in content) return { value: content.json };
  if ('text' in content) return { value: content.text };
  return { value_base64: Buffer.from(content.bytes).toString('base64') };
}

/** One line: what it is, shortened to the width; `full` gives all of it instead. */
export function recordView(delivery: Delivery, options: ViewOptions & { readonly full: boolean }): string {
  const { paint, full } = options;
  const place = paint('dim', `${delivery.partition}:${delivery.offset}`.padEnd(9));
  const inner = { ...options, columns: options.columns - displayWidth(place) - 2 };
  const fault = header(delivery, 'faultline-code');
  const content = delivery.value === null ? { text: '(null)' } : contentOf(delivery.value);
  const finding = 'json' in content && isFinding(content.json) ? content.json : null;
  if (full) {
    const title = paint(
      'dim',
      `${delivery.topic} ${delivery.partition}:${delivery.offset}  ${isoTime(delivery.timestampMs)}`,
    );
    const body = finding !== null ? findingView(finding, inner).join('\n') : wholeText(delivery, content);
    return `${title}\n${body}\n`;
  }
  if (fault !== undefined) return `${place}  ${deadLetterLine(delivery, fault, inner)}`;
  if (finding !== null) return `${place}  ${findingLine(finding, inner)}`;
  return `${place}  ${plainLine(delivery, content, inner)}`;
}

function deadLetterLine(delivery: Delivery, fault: string, { paint, columns }: ViewOptions): string {
  const source = ['topic', 'partition', 'offset'].map(
    (name) => header(delivery, `faultline-source-${name}`) ?? '?',
  );
  const head = `${paint('red', printable(fault))}  ${paint('dim', printable(source.join(':')))}`;
  const attempts = header(delivery, 'faultline-attempts');
  const tail = attempts === undefined || attempts === '1' ? '' : ` (${attempts} attempts)`;
  return `${head}  ${clip(printable((header(delivery, 'faultline-error') ?? '') + tail), columns - displayWidth(head) - 2)}`;
}

function plainLine(delivery: Delivery, content: Content, { paint, columns }: ViewOptions): string {
  const head = paint(
    'cyan',
    clip(printable(delivery.key === null ? '-' : textOf(delivery.key)), 24).padEnd(12),
  );
  const text = 'bytes' in content ? formatBytes(content.bytes.length) : oneLine(content);
  return `${head}  ${clip(printable(text), Math.max(30, columns - displayWidth(head) - 2))}`;
}

/** Of an event what tells it from the next; else the JSON or the text itself. */
function oneLine(content: { readonly json: unknown } | { readonly text: string }): string {
  if (!('json' in content)) return content.text;
  const { category, dimensions, id, profile_data: data } = fieldsOf(content.json);
  if (typeof category !== 'string' || data === undefined) return JSON.stringify(content.json);
  const { platform, app_id: app, app_version: version } = fieldsOf(dimensions);
  return [category.padEnd(12), platform, app, version, id]
    .filter((part) => typeof part === 'string')
    .join('  ');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function wholeText(delivery: Delivery, content: Content): string {
  const headers = delivery.headers.map(
    ([name, bytes]) => `  ${printable(name)}: ${printable(textOf(bytes))}`,
  );
  const body = 'bytes' in content ? Buffer.from(content.bytes).toString('hex') : bodyText(content);
  return [...headers, body].join('\n');
}

function bodyText(content: { readonly json: unknown } | { readonly text: string }): string {
  if ('json' in content) return JSON.stringify(content.json, null, 2);
  return content.text.split('\n').map(printable).join('\n');
}

function header({ headers }: Delivery, name: string): string | undefined {
  const found = headers.findLast(([present]) => present === name);
  return found === undefined ? undefined : textOf(found[1]);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
