/**
 * Takes out of Java names what a compiler or a run-time numbers anew: lambdas, proxies, accessors.
 *
 * Sources: javac and R8 naming (`lambda$f$0`, `$$Lambda$14/0x…`, `$$ExternalSyntheticLambda0`,
 * `-$$Lambda$Cls$hash`), Kotlin (`f$lambda$0`, `f$lambda-0`), `java.lang.reflect.Proxy`
 * (`$Proxy12`), JDK reflection (`GeneratedMethodAccessor123`), Spring's CGLIB, javassist, Clojure
 * (`fn__123`); the list of kinds is Sentry's. Anonymous classes (`Main$1`) keep their number: it
 * tells two listeners of one screen apart.
 */

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** A mark, and whether all that follows it is generated; otherwise only its digits are. */
const CLASS_MARKS: readonly (readonly [mark: string, cut: boolean])[] = [
  ['$$Lambda', true],
  ['$Lambda$', true],
  ['$$ExternalSyntheticLambda', true],
  ['CGLIB$$', true],
  ['$$_javassist', true],
  ['$$_jvst', true],
  ['$Proxy', false],
  ['GeneratedMethodAccessor', false],
  ['GeneratedConstructorAccessor', false],
  ['GeneratedSerializationConstructorAccessor', false],
  ['fn__', false],
];

/** A class name with its package, without what is numbered anew. */
export function cleanJavaModule(module: string): string {
  if (!mayBeGenerated(module)) return module;
  for (const [mark, cut] of CLASS_MARKS) {
    const at = module.indexOf(mark);
    if (at < 0) continue;
    const end = at + mark.length;
    if (!cut) return foldDigits(module, end);
    return module.slice(0, enclosingEnd(module, at, end));
  }
  return module;
}

/** A method name without what is numbered anew. */
export function cleanJavaFunction(name: string): string {
  const last = name.charCodeAt(name.length - 1);
  if (name.startsWith('lambda$')) return foldDigits(name, 7);
  if (last < DIGIT_0 || last > DIGIT_9) return name;
  let end = name.length;
  while (end > 0 && isDigit(name.charCodeAt(end - 1))) end--;
  const head = name.slice(0, end);
  const generated = head.endsWith('$') || head.endsWith('-') || head.endsWith('__') || head.startsWith('-');
  return generated ? head : name;
}

/** One cheap look, because nearly all names are plain. */
function mayBeGenerated(module: string): boolean {
  return module.includes('$') || module.includes('Accessor') || module.includes('__');
}

/** Old D8 names a lambda `-$$Lambda$Enclosing$hash`: the enclosing class stays. */
function enclosingEnd(module: string, at: number, end: number): number {
  if (module.charCodeAt(at - 1) !== 45 || module.charCodeAt(end) !== 36) return end;
  const next = module.indexOf('$', end + 1);
  return next < 0 ? end : next;
}

function foldDigits(text: string, from: number): string {
  let folded = text.slice(0, from);
  for (let i = from; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) folded += text.charAt(i);
  return folded;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
