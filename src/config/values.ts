/**
 * One value of the config: from what was written, in YAML or as text, to what the program uses.
 *
 * In a file values have types (`lanes: "8"` is a mistake); in the environment and behind a flag all
 * is text.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { unreachable } from '../model/assert.ts';
import type { Address, From } from './config.ts';
import type { IntKey, Key, ThreadsKey } from './keys.ts';
import { Secret } from './secret.ts';
import { didYouMean } from './suggest.ts';
import { CONFIG_LIMITS } from './task-spec.ts';

/** A value, or what was expected instead. */
export type Reading = { readonly value: unknown } | { readonly expected: string; readonly near?: string };

/** How something was written. */
export interface Written {
  readonly raw: unknown;
  /** Only text could be written there. */
  readonly text: boolean;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** What a name is made of. */
export const NAME_SOURCE = '^[A-Za-z0-9][A-Za-z0-9._-]*$';
/** What the name of a topic is made of, placeholders included. */
export const TOPIC_SOURCE = '^([A-Za-z0-9._-]|\\{(topic|task|category)\\})+$';
/** A date is midnight UTC; a time says its zone, so that it means the same everywhere. */
export const TIME_SOURCE =
  '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d))?$';

/** What the path of a field is made of. */
export const FIELD_SOURCE = '^[^.\\s"\\\\]+(\\.[^.\\s"\\\\]+){0,7}$';

/** What a text is made of. */
export const TEXT_SOURCE = '^[^\\p{Cc}]+$';

/** What an entry of a list of hosts is made of. The client library takes what follows the first colon for the port, so no IPv6. */
export const HOST_SOURCE = '^[\\w.-]+:(?!0+$)\\d{1,5}$';

const FIELD = new RegExp(FIELD_SOURCE);
const TEXT = new RegExp(TEXT_SOURCE, 'u');
const HOST = new RegExp(HOST_SOURCE);
const NAME = new RegExp(NAME_SOURCE);
const TOPIC = new RegExp(TOPIC_SOURCE);
const TIME = new RegExp(TIME_SOURCE);
const UNITS: Readonly<Record<string, number>> = { kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

/** Reads the value of a key. */
export function readValue(key: Key, written: Written): Reading {
  const { raw } = written;
  switch (key.type) {
    case 'int':
      return readInt(key, written);
    case 'bool':
      return readBool(written);
    case 'choice':
      return readChoice(key.options, raw);
    case 'name':
      return isName(raw) ? { value: raw } : { expected: NAME_RULE };
    case 'path':
      return typeof raw === 'string' && raw !== '' && !raw.includes('\0')
        ? { value: isAbsolute(raw) || written.text ? raw : join(written.directory, raw) }
        : { expected: 'a directory' };
    case 'topic':
      return readTopic(raw);
    case 'field':
      return readField(raw);
    case 'threads':
      return readThreads(key, written);
    case 'from':
      return readFrom(raw);
    case 'address':
      return readAddress(raw);
    case 'socket':
      return readSocket(written);
    case 'file':
      return readFile(written);
    case 'text':
      return readOptionalText(raw);
    case 'secret':
      // An empty variable is one that is not set. Whether a secret may stand here is `refuseSecret`’s.
      return { value: typeof raw === 'string' && raw !== '' ? new Secret(raw) : null };
    case 'hosts':
      return readHosts(raw);
    default:
      return unreachable(key);
  }
}

/** What {@link isName} asks for. */
export const NAME_RULE: string = `a name of letters, digits, ".", "_" and "-", at most ${CONFIG_LIMITS.nameLengthMax}, the first a letter or digit`;

/** Whether this can be the name of a task or group. */
export function isName(raw: unknown): raw is string {
  return typeof raw === 'string' && raw.length <= CONFIG_LIMITS.nameLengthMax && NAME.test(raw);
}

/** What was found, short, for the end of a mistake's line. */
export function describeRaw(raw: unknown): string {
  if (raw === null || raw === undefined) return 'nothing';
  const isPlain = typeof raw === 'number' || typeof raw === 'boolean' || typeof raw === 'bigint';
  const text = isPlain ? String(raw) : JSON.stringify(raw);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function readInt(key: IntKey, written: Written): Reading {
  const value = wholeNumber(written, key.unit === 'bytes');
  if (value !== null && value >= key.min && value <= key.max) return { value };
  const unit = key.unit === 'bytes' ? ', or with KiB, MiB, GiB' : '';
  return { expected: `a whole number from ${key.min} to ${key.max}${unit}` };
}

function wholeNumber({ raw, text }: Written, bytes: boolean): number | null {
  if (!text && typeof raw === 'number') return Number.isSafeInteger(raw) ? raw : null;
  if (typeof raw !== 'string') return null;
  const [, digits, unit] = /^(\d+(?:_\d{3})*) ?([kmg]ib)?$/i.exec(raw) ?? [];
  if (digits === undefined || (unit !== undefined && !bytes) || (unit === undefined && !text)) return null;
  const value =
    Number(digits.replaceAll('_', '')) * (unit === undefined ? 1 : (UNITS[unit.toLowerCase()] ?? 1));
  return Number.isSafeInteger(value) ? value : null;
}

function readBool({ raw, text }: Written): Reading {
  if (!text && typeof raw === 'boolean') return { value: raw };
  if (text && (raw === 'true' || raw === 'false')) return { value: raw === 'true' };
  return { expected: 'true or false' };
}

function readChoice(options: readonly string[], raw: unknown): Reading {
  if (typeof raw !== 'string') return { expected: listed(options) };
  return options.includes(raw)
    ? { value: raw }
    : { expected: listed(options), near: didYouMean(raw, options) };
}

function readThreads(key: ThreadsKey, written: Written): Reading {
  if (written.raw === 'auto') return { value: 'auto' };
  const value = wholeNumber(written, false);
  if (value !== null && value >= 1 && value <= key.max) return { value };
  return { expected: `auto or a whole number from 1 to ${key.max}` };
}

function readField(raw: unknown): Reading {
  if (raw === null || raw === 'none') return { value: null };
  const legal = typeof raw === 'string' && raw.length <= CONFIG_LIMITS.fieldLengthMax && FIELD.test(raw);
  if (legal) return { value: raw };
  return { expected: 'a path of names with dots between them, like dimensions.device_id, or none' };
}

function readTopic(raw: unknown): Reading {
  const legal =
    typeof raw === 'string' &&
    raw.length <= CONFIG_LIMITS.topicLengthMax &&
    TOPIC.test(raw) &&
    raw !== '.' &&
    raw !== '..';
  if (legal) return { value: raw };
  return {
    expected: `the name of a topic of letters, digits, ".", "_", "-" and the placeholders {topic}, {task}, {category}, at most ${CONFIG_LIMITS.topicLengthMax} characters`,
  };
}

function readFrom(raw: unknown): Reading {
  if (raw === 'earliest' || raw === 'latest') return { value: raw satisfies From };
  const time = typeof raw === 'string' && TIME.test(raw) ? Date.parse(raw) : Number.NaN;
  if (time >= 0) return { value: time };
  return { expected: 'earliest, latest or a time with its zone like 2026-11-20T08:15:30Z' };
}

function readAddress(raw: unknown): Reading {
  if (raw === null || raw === 'none') return { value: null };
  const [, six, host, port] =
    /^(?:(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/.exec(addressText(raw)) ?? [];
  const address: Address = { host: six ?? host ?? '127.0.0.1', port: Number(port) };
  if (port !== undefined && address.port <= 65_535) return { value: address };
  return { expected: 'HOST:PORT, a port (for loopback) or none' };
}

/** A path in a file becomes absolute, so that no path reads `auto`; write `./auto` for one behind a flag. */
function readSocket({ raw, text, directory }: Written): Reading {
  if (raw === null || raw === 'none') return { value: null };
  if (typeof raw !== 'string' || raw === '' || raw.includes('\0')) {
    return { expected: 'auto, none or the path of a Unix socket' };
  }
  return { value: raw === 'auto' || text ? raw : resolve(directory, raw) };
}

/** A path in a file is relative to that file. */
function readFile({ raw, text, directory }: Written): Reading {
  if (raw === null || raw === 'none') return { value: null };
  if (typeof raw !== 'string' || raw === '' || raw.includes('\0'))
    return { expected: 'the path of a file or none' };
  return { value: text || isAbsolute(raw) ? raw : join(directory, raw) };
}

function readOptionalText(raw: unknown): Reading {
  if (raw === null || raw === 'none') return { value: null };
  const legal = typeof raw === 'string' && raw.length <= CONFIG_LIMITS.textLengthMax && TEXT.test(raw);
  return legal ? { value: raw } : { expected: `a text of at most ${CONFIG_LIMITS.textLengthMax} characters` };
}

function readHosts(raw: unknown): Reading {
  const list = typeof raw === 'string' ? raw.split(',').map((host) => host.trim()) : raw;
  const hosts: readonly unknown[] = Array.isArray(list) ? list : [list];
  const named = typeof raw === 'string' && raw.trim() === '' ? [] : hosts;
  const legal = named.length <= CONFIG_LIMITS.hostsMax && named.every(isHost);
  return legal
    ? { value: named }
    : { expected: `at most ${CONFIG_LIMITS.hostsMax} times HOST:PORT, with commas between them` };
}

function isHost(raw: unknown): raw is string {
  return typeof raw === 'string' && HOST.test(raw) && Number(raw.slice(raw.indexOf(':') + 1)) <= 65_535;
}

function addressText(raw: unknown): string {
  return typeof raw === 'string' || typeof raw === 'number' ? String(raw) : '';
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
