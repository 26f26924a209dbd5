/**
 * The job of the benchmark as most people write it: a regular expression for each line, another that
 * folds the digits of class names. It defines what counts as a frame and as an exception's type;
 * ./java-scanner.ts finds the same without regular expressions.
 */
import type { CustomFinding } from '../../src/model/analyzer.ts';
import type { PerfEvent } from '../../src/model/event.ts';
import type { JavaStack } from '../job/java-stack.ts';
import { findingOf, GROUP_FRAMES } from '../job/java-stack.ts';

/** The version in its findings. */
export const version = '1';

const BLANKS = String.raw`[\0- \xa0\ufeff]*`;
/** Class and method, without the module or class loader before them; a hidden class has a slash and a number in its name. */
const NAME = String.raw`(?:[^ ()]*\/(?!\d))?([^ ()]*[^ ()\/])\.([^ ().]*[^ ().!])`;
/** `File.java:12`, `File.java`, `:12`, `File.java:-2`, perhaps behind `module@version/`. */
const PLACE = String.raw`(?:[^/@:()]+@[^/:()]*\/)?(?:[^ /:()]+(?::\d{1,15}|:-[^:()]*)?|:\d{1,15}|Native [Mm]ethod|Unknown Source(?::\d{1,15})?)`;
/** What log frameworks append: ` ~[library.jar:1.2]`. */
const PACKAGING = String.raw`(?: ~?\[[^()]*)?`;
/** A dotted name that a colon or nothing follows. */
const TYPE = String.raw`([A-Za-z_$\xc0-\ufefe\uff00-\uffff][\w$.\-\xc0-\ufefe\uff00-\uffff]*\.[\w$\-\xc0-\ufefe\uff00-\uffff]+)`;
const LINE = new RegExp(
  `^${BLANKS}(?:at ${NAME}\\(${PLACE}\\)${PACKAGING}${BLANKS}|${TYPE} *(?::[ \\t].*|:?${BLANKS}))$`,
  's',
);
const DIGITS = /\d+/g;

/** Reads a stack. */
export function readByRegexp(report: string): JavaStack {
  const keys: string[] = [];
  let type = '';
  let frames = 0;
  for (const line of report.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, owner, method, thrown] = match;
    if (owner === undefined) {
      if (type === '') type = thrown ?? '';
      continue;
    }
    frames += 1;
    if (keys.length < GROUP_FRAMES) keys.push(`${owner.replace(DIGITS, '0')}.${method ?? ''}`);
  }
  return { type, keys, frames };
}

/** The analyzer. */
export default function find(event: PerfEvent): CustomFinding {
  return findingOf(event, readByRegexp);
}
