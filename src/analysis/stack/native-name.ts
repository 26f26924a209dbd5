/**
 * Names of native frames for keys: the function without arguments and template arguments, the
 * library without its path.
 *
 * The collapsing of `<...>` and `(...)` follows Socorro's C++ rule, by counting brackets. It does
 * not demangle.
 */

/** `ns::Cls<int>::f(char const*) const` becomes `ns::Cls<T>::f`. */
export function cleanNativeFunction(name: string): string {
  if (!name.includes('(') && !name.includes('<')) return withoutHash(name);
  let cleaned = '';
  let depth = 0;
  for (let i = 0; i < name.length; i++) {
    const character = name.charAt(i);
    const opens = character === '<' || character === '(';
    const closes = character === '>' || character === ')';
    if (depth === 0 && opens) {
      const kept = keptWhole(name, i, cleaned);
      if (kept !== '') {
        cleaned += kept;
        i += kept.length - 1;
        continue;
      }
      if (character === '<') cleaned += '<T>';
    }
    if (depth === 0 && !opens) cleaned += character;
    if (opens) depth++;
    else if (closes && depth > 0) depth--;
  }
  const tail = cleaned.trimEnd();
  return withoutHash(tail.endsWith(' const') ? tail.slice(0, -6) : tail);
}

/** The brackets at `at` where they are a name themselves: operators, anonymous namespaces, `<lambda>`. */
function keptWhole(name: string, at: number, before: string): string {
  for (const whole of [
    '(anonymous namespace)',
    '(anonymous class)',
    '<lambda',
    '<unknown>',
    '<name omitted>',
  ]) {
    if (name.startsWith(whole, at)) return whole === '<lambda' ? '<lambda' : whole;
  }
  if (!before.endsWith('operator') && !before.endsWith('operator<') && !before.endsWith('operator-'))
    return '';
  if (name.startsWith('()', at)) return '()';
  let end = at;
  while (end < name.length && (name[end] === '<' || name[end] === '>' || name[end] === '=')) end++;
  return name.slice(at, end);
}

/** Rust's legacy mangling ends in `::h` and 16 hexadecimal digits that change with each build. */
function withoutHash(name: string): string {
  const at = name.length - 19;
  return at > 0 && name.startsWith('::h', at) ? name.slice(0, at) : name;
}

/** The library's own name: of `/data/app/~~x==/base.apk!libapp.so` the last part. */
export function libraryName(path: string): string {
  const member = path.slice(path.lastIndexOf('!') + 1);
  const name = member.slice(member.lastIndexOf('/') + 1);
  if (name.startsWith('[anon') || name.startsWith('<anonymous')) return '[anon]';
  const blank = name.indexOf(' (');
  return blank < 0 ? name : name.slice(0, blank);
}
