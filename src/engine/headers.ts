/** The headers that go out: those of the delivery, and ours, which begin with `faultline-`. */
import type { Header, Headers } from '../model/delivery.ts';
import { NO_HEADERS } from '../model/delivery.ts';
import { FINDING_SCHEMA } from '../model/finding.ts';

const OURS = 'faultline-';
const encoder = new TextEncoder();
const SCHEMA_HEADER: Header = [`${OURS}schema`, encoder.encode(String(FINDING_SCHEMA))];

/** A header of ours. */
export function ourHeader(name: string, value: string): Header {
  return [`${OURS}${name}`, encoder.encode(value)];
}

/** Headers of a delivery as they are passed on: one with a name like ours is not believed, but kept under another. */
export function passedOn(headers: Headers): Headers {
  if (headers.length === 0) return NO_HEADERS;
  return headers.map((header) =>
    header[0].startsWith(OURS) ? [`${OURS}original-${header[0].slice(OURS.length)}`, header[1]] : header,
  );
}

/** The headers of a finding. */
export function findingHeaders(passed: Headers, id: Uint8Array): Headers {
  const own: Header = [`${OURS}id`, id];
  return passed.length === 0 ? [own, SCHEMA_HEADER] : [...passed, own, SCHEMA_HEADER];
}

/** The text of the last header of that name, if there is one. */
export function headerText(headers: Headers, name: string): string | undefined {
  const header = headers.findLast(([present]) => present === name);
  return header === undefined ? undefined : new TextDecoder().decode(header[1]);
}
