/**
 * Whether a frame is the app's own code or its platform's.
 *
 * By name and path only. Third-party libraries inside an app count as the app's, except where the
 * path says otherwise (`node_modules`, `site-packages`): configurable rules are a later layer.
 */
import type { Frame } from '../../model/report.ts';

/** What decides how a frame's names are to be read. */
export type Language = 'java' | 'native' | 'javascript' | 'python';

/**
 * Packages of the JDK, ART, Android and a language's run-time. The core is that of sentry-java's
 * `AnrCulpritIdentifier` (java.lang, java.util, android.*, kotlin, ...), widened from single packages
 * to the name spaces that the JDK and AOSP reserve; `com.sun` is the JDK's, `org.apache.harmony` ART's.
 */
const JAVA_PREFIXES: readonly string[] = [
  'java.',
  'javax.',
  'jdk.',
  'sun.',
  'android.',
  'androidx.',
  'dalvik.',
  'libcore.',
  'kotlin.',
  'kotlinx.',
  '_COROUTINE.',
  'scala.',
  'groovy.',
  'clojure.',
  'com.android.',
  'com.google.android.',
  'com.sun.',
  'org.apache.harmony.',
  'org.codehaus.groovy.',
];

/** The prefixes by their first character: most classes are compared with none or few. */
const JAVA_PREFIXES_BY_START = new Map<number, readonly string[]>();
for (const prefix of JAVA_PREFIXES) {
  const start = prefix.charCodeAt(0);
  JAVA_PREFIXES_BY_START.set(start, [...(JAVA_PREFIXES_BY_START.get(start) ?? []), prefix]);
}

/** Where Android (AOSP, "Partitions overview") and Unix systems keep libraries that are not an app's. */
const SYSTEM_PATHS: readonly string[] = [
  '/system/',
  '/system_ext/',
  '/apex/',
  '/vendor/',
  '/product/',
  '/odm/',
  '/lib/',
  '/lib64/',
  '/usr/lib/',
  '/usr/lib64/',
  '/usr/libexec/',
];

/** Whether `frame` is the app's own code. A frame that tells too little to judge is not. */
export function isInApp(frame: Frame, language: Language): boolean {
  switch (language) {
    case 'java':
      return isJavaInApp(frame.module);
    case 'native':
      return nativeInApp(frame.package);
    case 'javascript':
      return javascriptInApp(frame.file);
    case 'python':
      return pythonInApp(frame.file);
  }
}

/** The same for a Java class with its package. Hot. */
export function isJavaInApp(module: string | undefined): boolean {
  if (module === undefined) return false;
  const prefixes = JAVA_PREFIXES_BY_START.get(module.charCodeAt(0));
  if (prefixes === undefined) return true;
  for (const prefix of prefixes) if (module.startsWith(prefix)) return false;
  return true;
}

function nativeInApp(path: string | undefined): boolean {
  if (path === undefined || !path.startsWith('/')) return false;
  return !SYSTEM_PATHS.some((prefix) => path.startsWith(prefix));
}

function javascriptInApp(file: string | undefined): boolean {
  if (file === undefined || file === '' || file.startsWith('<') || file.startsWith('[')) return false;
  if (file === 'native' || file.startsWith('node:') || file.startsWith('internal/')) return false;
  return !file.includes('node_modules/') && !file.includes('-extension://');
}

function pythonInApp(file: string | undefined): boolean {
  if (file === undefined || file.startsWith('<')) return false;
  return (
    !file.includes('/site-packages/') && !file.includes('/dist-packages/') && !file.includes('/lib/python')
  );
}
