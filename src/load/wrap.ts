/**
 * A raw report becomes an event: what `ingest` and `analyze` do to a file or a line.
 *
 * Never throws: text of whatever kind becomes the report of a valid event. What is an event already
 * is passed on as it stands, mistakes included, since its sender must learn of them. The format is
 * left to the analysis (`auto`); here it is only told apart where the event belongs.
 */
import { hash } from 'node:crypto';
import { guessReport, hasStack } from './guess.ts';
import { CATEGORIES, type ReportKind } from './topics.ts';

/** What is known of a report beside its content. */
export interface WrapOptions {
  /** Name of the file, with `/`; `null` for a line of many. */
  readonly name: string | null;
  /** Path into the event whose value becomes the key, e.g. `dimensions.user_id`. */
  readonly keyField: string | null;
}

/** A report ready to be written to a topic. */
export interface WrappedReport {
  readonly kind: ReportKind;
  /** The event's own id; else 32 hexadecimal digits of the content's SHA-256. */
  readonly id: string;
  readonly key: string;
  /** JSON in UTF-8. */
  readonly value: Uint8Array;
  /** It was an event and is passed on as it stands. */
  readonly wasEvent: boolean;
}

/** Where the device stands in an event: the key, unless another field is asked for. */
const DEVICE_FIELD = 'dimensions.device_id';

/** Fields of an event's path beyond this depth are not looked for. */
const PATH_DEPTH_MAX = 16;

/**
 * Wraps a text: a report as it was printed, or JSON that is a report or an event.
 *
 * The key is the value of `keyField`, else of `dimensions.device_id`, else the name, else the id.
 */
export function wrapReport(text: string, options: WrapOptions): WrappedReport {
  const parsed = parseReport(text);
  if (parsed === undefined) return wrap(text, JSON.stringify(text), options);
  if (isEvent(parsed)) return passOn(text, parsed, options);
  // JSON is put into the envelope as it stands: nothing is lost of large numbers or deep nesting.
  return wrap(parsed, text.trim(), options);
}

/** The object, list or text that `text` is the JSON of; undefined where it is none of these. */
export function parseReport(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Claims to be an event: has profile data, or a category and nothing that looks like a report. */
function isEvent(parsed: unknown): boolean {
  if (fieldOf(parsed, 'profile_data') !== undefined) return true;
  return fieldOf(parsed, 'category') !== undefined && !hasStack(parsed);
}

function passOn(text: string, event: unknown, options: WrapOptions): WrappedReport {
  const value = Buffer.from(text);
  const id = scalarAt(event, 'id') ?? contentId(value);
  const kind = kindOfCategory(fieldOf(event, 'category')) ?? guessReport(reportOf(event)).kind;
  return { kind, id, key: chooseKey(event, id, options), value, wasEvent: true };
}

/** Profile data without a report is the report itself. */
function reportOf(event: unknown): unknown {
  return fieldAt(event, 'profile_data.report') ?? fieldOf(event, 'profile_data');
}

function wrap(report: unknown, reportJson: string, options: WrapOptions): WrappedReport {
  const { kind, platform } = guessReport(report);
  const id = contentId(Buffer.from(reportJson));
  const dimensions = platform === undefined ? {} : { platform };
  const envelope = { id, category: CATEGORIES[kind], dimensions, values: {} };
  const head = JSON.stringify(envelope).slice(0, -1);
  const value = Buffer.from(`${head},"profile_data":{"format":"auto","report":${reportJson}}}`);
  const key = chooseKey({ ...envelope, profile_data: { format: 'auto', report } }, id, options);
  return { kind, id, key, value, wasEvent: false };
}

function contentId(content: Uint8Array): string {
  return hash('sha256', content, 'hex').slice(0, 32);
}

function chooseKey(event: unknown, id: string, { name, keyField }: WrapOptions): string {
  const asked = keyField === null ? undefined : scalarAt(event, keyField);
  return asked ?? scalarAt(event, DEVICE_FIELD) ?? name ?? id;
}

/** The words by which the default tasks choose topics hold for categories too. */
function kindOfCategory(category: unknown): ReportKind | null {
  if (typeof category !== 'string') return null;
  if (/(?:^|[._-])crash(?:[._-]|$)/i.test(category)) return 'crash';
  return /(?:^|[._-])lag(?:[._-]|$)/i.test(category) ? 'lag' : null;
}

/** A text or number at a path, as text; undefined where there is none or it is empty. */
function scalarAt(event: unknown, path: string): string | undefined {
  const value = fieldAt(event, path);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldAt(event: unknown, path: string): unknown {
  return path.split('.', PATH_DEPTH_MAX).reduce<unknown>(fieldOf, event);
}

/** An object's own field; its other spellings (`profileData`, `ProfileData`) count where it is not there. */
function fieldOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return undefined;
  if (Object.hasOwn(holder, name)) return Reflect.get(holder, name);
  const wanted = folded(name);
  const other = Object.keys(holder).find((key) => folded(key) === wanted);
  return other === undefined ? undefined : Reflect.get(holder, other);
}

function folded(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}
