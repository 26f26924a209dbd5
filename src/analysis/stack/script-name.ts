/**
 * The name of a script for keys: base name without query, and without the content hash that bundlers
 * put into it (`app.3f9c2a1b.js`, `index-BqT4x9Zk.js` are `app.js`, `index.js`).
 */

/** A hash has at least so many characters (webpack's and Vite's default is 8). */
const HASH_LENGTH_MIN = 8;
const HASH_LENGTH_MAX = 64;

/** Base name of a path or URL, hash-free. Empty for what names no file. */
export function scriptName(file: string): string {
  const path = file.slice(0, pathEnd(file));
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  const name = path.slice(slash + 1);
  if (name.startsWith('<')) return '';
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return name;
  return withoutHash(name.slice(0, dot)) + name.slice(dot);
}

function pathEnd(file: string): number {
  const query = file.indexOf('?');
  const end = query < 0 ? file.length : query;
  const fragment = file.indexOf('#');
  return fragment < 0 || fragment > end ? end : fragment;
}

function withoutHash(stem: string): string {
  const cut = Math.max(stem.lastIndexOf('.'), stem.lastIndexOf('-'));
  return cut > 0 && looksHashed(stem, cut + 1) ? stem.slice(0, cut) : stem;
}

/** Letters and digits mixed, of a hash's length: a word or a version is neither. */
function looksHashed(stem: string, from: number): boolean {
  const length = stem.length - from;
  if (length < HASH_LENGTH_MIN || length > HASH_LENGTH_MAX) return false;
  let digits = 0;
  for (let i = from; i < stem.length; i++) {
    const code = stem.charCodeAt(i);
    if (code >= 48 && code <= 57) digits++;
    else if (!((code | 32) >= 97 && (code | 32) <= 122) && code !== 95) return false;
  }
  return digits > 0;
}

/** A function's name without `async`, `new` and the alias that V8 adds (`f [as g]`). */
export function cleanScriptFunction(name: string): string {
  let start = 0;
  if (name.startsWith('async ')) start = 6;
  if (name.startsWith('new ', start)) start += 4;
  const alias = name.endsWith(']') ? name.indexOf(' [as ', start) : -1;
  return name.slice(start, alias < 0 ? name.length : alias);
}
