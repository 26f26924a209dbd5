/**
 * `node bench/gate.ts`: whether a change has made the hot path slower by much. It holds multiples of
 * `JSON.parse` in the same process against `bench/gate/limits.ts`, and no times, so that any machine can run
 * it. What is not held is measured once more; when it is still not held, it says what is worst and ends with 1.
 * It does not see changes of some per cent: `bench:compare` does.
 */
import { tableText } from './report/text.ts';
import type { Multiples, Verdict } from './gate/judge.ts';
import { gateTable, judge, lowerOf, offenders, offenderText } from './gate/judge.ts';
import { LIMITS } from './gate/limits.ts';
import { MEASUREMENTS } from './gate/measure.ts';

const verdicts: Verdict[] = [];
for (const [name, measure] of Object.entries(MEASUREMENTS)) verdicts.push(...(await hold(name, measure)));
console.log(tableText(gateTable(verdicts)));
const [worst] = offenders(verdicts);
if (worst !== undefined) {
  console.error(`gate: not held; worst is ${offenderText(worst)}`);
  process.exitCode = 1;
}

async function hold(name: string, measure: () => Promise<Multiples>): Promise<readonly Verdict[]> {
  const limits = LIMITS.filter(({ what }) => what.startsWith(`${name}:`));
  console.error(`gate: ${name} …`);
  const first = await measure();
  const [worst] = offenders(judge(limits, first));
  if (worst === undefined) return judge(limits, first);
  console.error(`gate: ${name} once more, for ${offenderText(worst)} …`);
  return judge(limits, lowerOf(first, await measure()));
}
