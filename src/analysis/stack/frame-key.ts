/**
 * The identity of a frame for signatures and groups of crash and lag alike.
 *
 * Free of line numbers, addresses and offsets, and of what compilers and run-times number anew in
 * each build or run (lambdas, proxies, accessors, content hashes of bundles). The cleaning follows
 * Sentry's grouping (`getsentry/sentry: grouping/strategies`) for Java and JavaScript, and Socorro's
 * (`mozilla-services/socorro: signature/rules.py`) for native names and for native frames without a
 * symbol, which are known by their library alone.
 */
import type { Frame } from '../../model/report.ts';
import { cleanJavaFunction, cleanJavaModule } from './java-name.ts';
import { cleanNativeFunction, libraryName } from './native-name.ts';
import { cleanScriptFunction, scriptName } from './script-name.ts';

/** The key; empty for a frame that tells nothing. */
export function frameKey(frame: Frame): string {
  if (frame.package !== undefined) return nativeKey(frame.package, frame.function);
  if (frame.module !== undefined) {
    const module = cleanJavaModule(frame.module);
    return frame.function === undefined ? module : `${module}.${cleanJavaFunction(frame.function)}`;
  }
  return scriptKey(frame);
}

function nativeKey(path: string, name: string | undefined): string {
  const library = libraryName(path);
  return name === undefined ? library : `${library}!${cleanNativeFunction(name)}`;
}

function scriptKey(frame: Frame): string {
  const file = frame.file === undefined ? '' : scriptName(frame.file);
  const name = frame.function === undefined ? '' : cleanScriptFunction(frame.function);
  if (name === '') return file;
  return file === '' ? name : `${name} (${file})`;
}
