/**
 * `npm run bench`: one command, one page of results. Each section runs in a process of its own and checks
 * that its result is right; the command ends with 1 when one is not, with 2 for wrong flags. A bar that is
 * missed is told and no failure: what a machine reaches is for people to judge.
 *
 * Topics on brokers of KAFKA_BROKERS (`faultline-bench-…`) stay there when the bench is interrupted.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Command } from './flags.ts';
import { FlagError, helpText, parseCommand } from './flags.ts';
import { keep } from './report/keep.ts';
import type { Results } from './report/results.ts';
import { emptyResults } from './report/results.ts';
import { barsTable, missedText, tableText } from './report/text.ts';
import { SharedBroker } from './run/broker.ts';
import { machineText } from './run/machine.ts';
import { SectionProcess } from './run/section-process.ts';
import type { Bar } from './section.ts';
import { SECTIONS, WORDS } from './sections.ts';

const FAILED = 1;
const WRONG_FLAGS = 2;

const command = readCommand();
if (command.wantsHelp) {
  console.log(helpText(SECTIONS, WORDS));
  process.exit();
}

const broker = new SharedBroker();
let running: SectionProcess | null = null;
let leaving: Promise<never> | null = null;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => void leave(code));
await leave(await bench(command));

async function bench({ sections, options, own, json, wantsKeep }: Command): Promise<number> {
  const results: Results & Record<string, unknown> = emptyResults();
  const bars: Bar[] = [];
  const failures: string[] = [];
  console.log(machineText(results.machine));
  for (const { name, report } of SECTIONS.filter((each) => sections.includes(each.name))) {
    running = new SectionProcess({
      brokers: () => broker.brokers(),
      tell: (what) => console.error(`bench: ${name}: ${what} …`),
    });
    const outcome = await running.run({ type: 'order', section: name, options, own });
    if (leaving !== null) return leaving;
    if (outcome.type === 'wrong-flag') return fail(outcome.why);
    if (outcome.type === 'left-out') {
      console.error(`bench: ${name} is left out: ${outcome.why}`);
      continue;
    }
    if (outcome.type === 'failed') {
      failures.push(name);
      console.error(`bench: ${name} failed: ${outcome.why}`);
      continue;
    }
    results[name] = outcome.results;
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
    const { tables, bars: reached } = report(outcome.results);
    for (const table of tables) console.log(tableText(table));
    bars.push(...reached);
  }
  if (bars.length > 0) console.log(tableText(barsTable(bars)));
  console.log(`\n${missedText(bars)}`);
  if (failures.length > 0) console.error(`bench: failed: ${failures.join(', ')}; nothing is kept`);
  else if (wantsKeep) for (const file of await keep(results, SECTIONS)) console.log(`written: ${file}`);
  return failures.length > 0 ? FAILED : 0;
}

/** Ends all that was started, then this process, with the first code that is said. */
function leave(code: number): Promise<never> {
  leaving ??= end(code);
  return leaving;
}

async function end(code: number): Promise<never> {
  await running?.end();
  await broker.close();
  process.exit(code);
}

function readCommand(): Command {
  try {
    return parseCommand(process.argv.slice(2), SECTIONS, { words: WORDS, cores: availableParallelism() });
  } catch (error) {
    if (error instanceof FlagError) process.exit(fail(error.message));
    throw error;
  }
}

function fail(message: string): number {
  console.error(`bench: ${message}`);
  return WRONG_FLAGS;
}
