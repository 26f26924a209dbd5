import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EngineFigures } from '../../../../bench/engine.ts';
import type { KafkaFigures, KafkaResults, KafkaStages } from '../../../../bench/kafka.ts';
import type { MemoryFigures } from '../../../../bench/memory.ts';
import type { CpuParts, Figures } from '../../../../bench/meter.ts';
import type { MicroFigures } from '../../../../bench/micro/suite.ts';
import type { PoisonFigures } from '../../../../bench/poison.ts';
import type { PublishFigures } from '../../../../bench/publish.ts';
import { emptyResults, hasRun } from '../../../../bench/report/results.ts';
import type { StageShares } from '../../../../bench/stages.ts';
import type { StandstillFigures } from '../../../../bench/standstill.ts';

/** Every key of a type, which the compiler holds against the type. */
type Keys<T> = Readonly<Record<keyof T, true | object>>;

const CPU: Keys<Figures['cpuUsPerEvent']> = { main: true, workers: true, publisher: true, total: true };
const PARTS: Keys<CpuParts> = {
  main: true,
  workers: true,
  publisher: true,
  v8: true,
  libuv: true,
  other: true,
};
const FIGURES: Keys<Figures> = {
  events: true,
  findings: true,
  deadLetters: true,
  ms: true,
  eventsPerSecond: true,
  p50Ms: true,
  p99Ms: true,
  p999Ms: true,
  cpuUsPerEvent: CPU,
  cpuByKindUsPerEvent: PARTS,
  deliveriesPerBatch: true,
  rssMb: true,
  anonymousMb: true,
};
const PUBLISH: Keys<PublishFigures> = {
  ...FIGURES,
  transport: true,
  publish: true,
  threads: true,
  count: true,
  seed: true,
  analyzer: true,
  sampled: true,
};
const KAFKA_RUN: Keys<KafkaFigures> = {
  ...FIGURES,
  transport: true,
  publish: true,
  publisher: true,
  analyzer: true,
  threads: true,
  seed: true,
  findingBytes: true,
  parseUs: true,
  mainToParse: true,
};
const SHARES: Keys<StageShares> = {
  receive: true,
  consume: true,
  engine: true,
  'hand-over': true,
  produce: true,
  send: true,
  gc: true,
  other: true,
};
const KAFKA_STAGES: Keys<KafkaStages> = {
  publisher: true,
  analyzer: true,
  threads: true,
  shares: SHARES,
  sampled: true,
};
const KAFKA: Keys<KafkaResults> = { runs: KAFKA_RUN, stages: KAFKA_STAGES };
const ENGINE: Keys<EngineFigures> = {
  ...FIGURES,
  transport: true,
  threads: true,
  eventBytes: true,
  parseUs: true,
  mainToParse: true,
};
const MEMORY: Keys<MemoryFigures> = {
  events: true,
  threads: true,
  eventsPerSecond: true,
  firstHalfMaxMb: true,
  secondHalfMaxMb: true,
  growth: true,
  samples: true,
};
const STANDSTILL: Keys<StandstillFigures> = {
  seconds: true,
  inFlight: true,
  firstMb: true,
  highestMb: true,
  lastMb: true,
  afterwards: true,
};
const POISON: Keys<PoisonFigures> = {
  kind: true,
  events: true,
  poisons: true,
  threads: true,
  ms: true,
  cpuMs: true,
  suspected: true,
  msPerPoison: true,
  cpuMsPerPoison: true,
};
const MICRO: Keys<MicroFigures> = { name: true, unit: true, us: true, toParse: true };
const NOW = {
  machine: emptyResults().machine,
  publish: PUBLISH,
  kafka: KAFKA,
  engine: ENGINE,
  memory: MEMORY,
  standstill: STANDSTILL,
  poison: POISON,
  micro: MICRO,
};

const FIRST = globSync(join(import.meta.dirname, '../../../../bench/results/2026-11-21{,-kafka}.json'));

test('results keep every key of the first version', () => {
  const missing = FIRST.flatMap((file) => {
    const first: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return missingIn(first, NOW, 'results');
  });

  assert.equal(FIRST.length, 2);
  assert.deepEqual([...new Set(missing)], []);
});

test('before a section has run its key is there, and says so', () => {
  const results = emptyResults();

  assert.deepEqual(Object.keys(results), Object.keys(NOW));
  assert.deepEqual(
    Object.keys(results).filter((name) => hasRun(results[name])),
    ['machine'],
  );
});

/** Paths of the keys of `old` that `now` lacks; the rows of a list are alike. */
function missingIn(old: unknown, now: unknown, path: string): readonly string[] {
  if (Array.isArray(old)) return old.flatMap((row: unknown) => missingIn(row, now, path));
  if (typeof old !== 'object' || old === null) return [];
  const known = new Map<string, unknown>(Object.entries(now ?? {}));
  return Object.entries(old).flatMap(([key, value]) =>
    known.has(key) ? missingIn(value, known.get(key), `${path}.${key}`) : [`${path}.${key}`],
  );
}
