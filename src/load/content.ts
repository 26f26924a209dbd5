/**
 * Whether bytes can be a report at all: text, and not one of the files that lie beside reports to
 * make sense of them (mappings, source maps, symbols).
 */

/** Why a content is not taken. */
export type ContentFault = 'empty' | 'binary' | 'a mapping' | 'a source map' | 'symbols';

/** The text of a report, or why it is none. */
export type Content = { readonly text: string } | { readonly fault: ContentFault };

/** Above this share of characters that are no UTF-8 the bytes are no text. Latin-1 prose stays below. */
const INVALID_SHARE_MAX = 0.1;

/** Of a report's lines so many are looked at for the first of a mapping. */
const MAPPING_LINES_MAX = 50;

/** Reads bytes as UTF-8, a byte order mark dropped; stray invalid bytes become U+FFFD. */
export function readContent(bytes: Uint8Array): Content {
  if (bytes.includes(0)) return { fault: 'binary' };
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') return { fault: 'empty' };
  if (replacements(text) > text.length * INVALID_SHARE_MAX) return { fault: 'binary' };
  const fault = auxiliary(text);
  return fault === null ? { text } : { fault };
}

function replacements(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) count += 1;
  return count;
}

function auxiliary(text: string): ContentFault | null {
  if (isMapping(text)) return 'a mapping';
  if (isSourceMap(text)) return 'a source map';
  return /^MODULE \S+ \S+ [0-9A-F]{33,} /.test(text) ? 'symbols' : null;
}

/** R8 and ProGuard: the first line that is no comment is `original.Name -> a.b:`. */
function isMapping(text: string): boolean {
  const first = text
    .split('\n', MAPPING_LINES_MAX)
    .map((line) => line.trimEnd())
    .find((line) => line !== '' && !line.startsWith('#'));
  return first !== undefined && /^[^\s:>]+ -> [^\s:>]+:$/.test(first);
}

/** By the fields that its specification (ECMA-426) requires, at the top level. */
function isSourceMap(text: string): boolean {
  if (!text.includes('"mappings"') || !text.includes('"sources"')) return false;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'mappings' in parsed && 'sources' in parsed;
  } catch {
    return false;
  }
}
