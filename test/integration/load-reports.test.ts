/** The reports of this repository, and those of the corpus where it is there, are all taken. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { collectReports, type CollectOptions } from '../../src/load/ingest.ts';
import { decodeEvent } from '../../src/wire/event.ts';

const ROOT = join(import.meta.dirname, '../..');
const CORPUS = process.env['CORPUS'] ?? join(ROOT, '../shared/data');
const CORPUS_MISSING =
  existsSync(CORPUS) || process.env['REQUIRE_CORPUS'] === '1' ? false : `there is no corpus at ${CORPUS}`;

const OPTIONS: CollectOptions = {
  topic: 'auto',
  keyField: null,
  include: [],
  exclude: [],
  reportBytesMax: 1 << 20,
  rawLines: false,
  stdin: process.stdin,
};

interface Tally {
  readonly topics: Readonly<Record<string, number>>;
  /** By base name of file. */
  readonly platforms: ReadonlyMap<string, unknown>;
  readonly skipped: readonly string[];
}

/** Collects a directory; each value must be a valid event without problems. */
async function tally(path: string): Promise<Tally> {
  const topics: Record<string, number> = {};
  const platforms = new Map<string, unknown>();
  const skipped: string[] = [];
  for await (const item of collectReports([path], OPTIONS)) {
    if (item.type === 'skipped') {
      skipped.push(`${basename(item.path)} ${item.reason}`);
      continue;
    }
    const event = decodeEvent(
      item.value,
      [],
      { topic: item.topic, partition: 0, offset: 0, timestampMs: 0 },
      { eventBytesMax: 1 << 22 },
    );
    assert.deepEqual(event.problems, [], item.path);
    topics[item.topic] = (topics[item.topic] ?? 0) + 1;
    platforms.set(basename(item.path), event.dimensions['platform']);
  }
  return { topics, platforms, skipped };
}

test('the examples’ reports are all taken, crashes as crashes and hangs as lags', async () => {
  const directory = join(ROOT, 'examples/reports');
  const files = globSync('*.{txt,json}', { cwd: directory });
  const lags = files.filter((name) => /-(?:hang|lag)-/.test(name));

  const { topics, platforms } = await tally(directory);

  // The reporter's file has three lines.
  assert.deepEqual(topics, { 'app-crash': files.length - lags.length + 3, 'app-lag': lags.length });
  for (const [name, platform] of platforms)
    assert.equal(name.replace('java', 'jvm').split('-')[0], platform, name);
});

test('nothing of the examples’ programs is taken for a report', async () => {
  const { topics } = await tally(join(ROOT, 'examples/reports/programs'));

  assert.deepEqual(topics, {});
});

for (const [directory, kind] of [
  ['java-android-logcat', 'app-crash'],
  ['android-tombstone', 'app-crash'],
  ['js-stack', 'app-crash'],
  ['python-clusterfuzz', 'app-crash'],
  ['anr-threaddump', 'app-lag'],
  ['java-threaddump', 'app-lag'],
] as const) {
  test(`every case of ${directory} is one ${kind}`, { skip: CORPUS_MISSING }, async () => {
    const cases = readdirSync(join(CORPUS, directory));

    const { topics, skipped } = await tally(join(CORPUS, directory));

    assert.deepEqual(topics, { [kind]: cases.length });
    assert.deepEqual(
      skipped.filter((line) => !/^expected\S* excluded$/.test(line)),
      [],
    );
  });
}

test('no other directory of the corpus is too much for it', { skip: CORPUS_MISSING }, async () => {
  const { topics, skipped } = await tally(CORPUS);

  assert.ok(Object.keys(topics).length === 2);
  assert.deepEqual(
    skipped.filter((line) => !/ (?:excluded|empty|too large|a mapping|a source map|symbols)$/.test(line)),
    [],
  );
});
