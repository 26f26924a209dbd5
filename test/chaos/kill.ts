/**
 * `make chaos`: kills the running command at random moments while events pass, restarts it, and holds
 * what came out against what was put in. Exit code 1 on a loss, a disorder or too many duplicates.
 *
 *   node test/chaos/kill.ts [--rounds 20] [--events 100000] [--seed N] [--keep]
 *
 * The kills are spread over the whole run: each round waits until a random further share of the
 * findings has come out, then kills. Bounded: rounds, events and the time of each wait.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { generateEvents } from '../../src/load/generate.ts';
import type { LedgerOutput } from './ledger.ts';
import { judge } from './ledger.ts';

/** How long a run may stay without progress, milliseconds. */
const STALL_MS_MAX = 60_000;
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const OUTPUTS = ['faultline-findings', 'faultline-dead-letters'];
/** What a restart may repeat: read beyond the watermark, and one pull more. Defaults of `aheadMax` and `pull.deliveries`. */
const REPEATED_MAX = 20_000 + 2_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    events: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const count = Number(values.events);
const generated = { count, keys: 500, zipf: 1, duplicates: 0, seed: Number(values.seed), start: 0 };

function openReadOnly(dir: string): Promise<LogStore> {
  return openLog({
    dir,
    durability: 'process',
    partitions: 8,
    recordBytesMax: 1 << 24,
    pollMs: 20,
    readOnly: true,
    create: false,
  });
}

async function fill(dir: string): Promise<void> {
  const log = await openLog({
    dir,
    durability: 'process',
    partitions: 8,
    recordBytesMax: 1 << 24,
    pollMs: 20,
  });
  const sink = log.sink();
  let chunk = [];
  for (const { topic, key, value, timestampMs } of generateEvents(generated)) {
    chunk.push({ topic, key, value, headers: [], timestampMs });
    if (chunk.length === 2000) {
      await sink.publish(chunk);
      chunk = [];
    }
  }
  await sink.publish(chunk);
  await sink.close();
  await log.close();
}

async function published(dir: string): Promise<number> {
  const log = await openReadOnly(dir);
  const topics = log.topics().filter(({ name }) => OUTPUTS.includes(name));
  await log.close();
  return topics.reduce((sum, { records }) => sum + records, 0);
}

/** Runs the command until idle, or kills it when `publishedMax` publications are out. Resolves to its exit code, `null` when killed. */
async function runUntil(dir: string, publishedMax: number): Promise<number | null> {
  const child = spawn(process.execPath, [MAIN, 'run', '--data', dir, '--until-idle', '--log-level', 'warn'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  let last = -1;
  let lastMs = Date.now();
  const watch = setInterval(() => {
    void published(dir).then((now) => {
      if (now !== last) lastMs = Date.now();
      last = now;
      if (now >= publishedMax || Date.now() - lastMs > STALL_MS_MAX) child.kill('SIGKILL');
    });
  }, 10);
  const code = await ended;
  clearInterval(watch);
  return code;
}

async function* outputIds(dir: string): AsyncGenerator<LedgerOutput> {
  const log = await openReadOnly(dir);
  for (const topic of OUTPUTS.filter((name) => log.topics().some((known) => known.name === name))) {
    for await (const { headers, value } of log.read(topic)) {
      const header = headers.find(([name]) => name === 'faultline-id');
      const id =
        header === undefined
          ? JSON.parse(new TextDecoder().decode(value ?? undefined)).id
          : new TextDecoder().decode(header[1]);
      yield { id, to: topic };
    }
  }
  await log.close();
}

const dir = await mkdtemp(join(tmpdir(), 'faultline-chaos-'));
console.log(`chaos: ${count} events, ${rounds} kills, seed ${values.seed}, ${dir}`);
await fill(dir);
let killed = 0;
for (let round = 0; round < rounds; round++) {
  const done = await published(dir);
  const moment = done + Math.floor(Math.random() * 2 * ((count - done) / (rounds - round + 1)));
  if ((await runUntil(dir, moment)) === null) killed += 1;
  console.log(`chaos: round ${round + 1}: killed at about ${await published(dir)} of ${count} published`);
}
const code = await runUntil(dir, Infinity);
const outputs = await Array.fromAsync(outputIds(dir));
const entries = [...generateEvents(generated)].map(({ id, topic, key }) => ({
  id,
  topic,
  key: Buffer.from(key).toString('latin1'),
}));
const verdict = judge(entries, outputs);
const duplicatesMax = killed * REPEATED_MAX;
const bad =
  code !== 0 ||
  verdict.lost.length + verdict.unknown.length + verdict.disordered.length > 0 ||
  verdict.duplicates > duplicatesMax ||
  verdict.events !== count;
for (const line of [...verdict.lost.slice(0, 5), ...verdict.disordered.slice(0, 5)])
  console.log(`chaos: ${line}`);
console.log(
  `chaos: ${bad ? 'FAILED' : 'passed'}: ${count} events, ${killed} kills, last exit ${code}, lost ${verdict.lost.length}, ` +
    `disordered ${verdict.disordered.length}, unknown ${verdict.unknown.length}, duplicates ${verdict.duplicates} (at most ${duplicatesMax} allowed)`,
);
if (values.keep || bad) console.log(`chaos: the log is left in ${dir}`);
else await rm(dir, { recursive: true });
process.exitCode = bad ? 1 : 0;
