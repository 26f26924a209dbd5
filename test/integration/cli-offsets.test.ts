/** `faultline offsets` and `faultline topics --dry-run` on a real log. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { numbered } from '../contract/records.ts';
import { logOptions } from '../helpers/log.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

async function faultline(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const code = await main(args, terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

/** One partition with a hundred records of `app-crash`, a millisecond apart; the group `faultline` has committed 40. */
async function aLog(t: TestEnd): Promise<string> {
  const dir = join(temporaryDirectory(t), 'log');
  const store = await openLog(logOptions(dir, { partitions: 1 }));
  await store.append('app-crash', numbered(100, 1, 0));
  await store.setPositions('faultline', [
    { topic: 'app-crash', partition: 0, offset: 40, metadata: 'a note' },
  ]);
  await store.close();
  return dir;
}

/** What the group has committed now. */
async function committed(dir: string): Promise<readonly (readonly [offset: number, metadata: string])[]> {
  const store = await openLog(logOptions(dir, { readOnly: true }));
  const [group] = store.groups();
  await store.close();
  return (group?.positions ?? []).map(({ offset, metadata }) => [offset, metadata] as const);
}

const CRASH = ['--topic', 'app-crash', '--partition', '0'];

test('show tells people and machines where a task stands', async (t) => {
  const data = await aLog(t);

  const shown = await faultline('offsets', 'show', '--task', 'crash', '--data', data);
  const json = await faultline('offsets', 'show', '--json', '--data', data);

  assert.deepEqual([shown.code, shown.err], [0, '']);
  assert.match(shown.out, /^TASK +GROUP +TOPIC +PARTITION +START +END +COMMITTED +LAG +READ BY\n/);
  assert.match(shown.out, /\ncrash +faultline +app-crash +0 +0 +100 +40 +60 +nobody\n$/);
  const [place, ...rest] = JSON.parse(json.out) as Record<string, unknown>[];
  assert.deepEqual(rest, []);
  assert.deepEqual([place?.['committed'], place?.['lag'], place?.['readBy']], [40, 60, null]);
});

/** What is asked, and where the group stands then. */
const CHANGES: readonly (readonly [words: readonly string[], offset: number])[] = [
  [['reset', '--task', 'crash', '--to', 'earliest'], 0],
  [['reset', '--task', 'crash', '--to', 'latest'], 100],
  [['reset', '--topic', 'app-crash', '--to', '2023-11-14T22:13:20.070Z'], 70],
  [['reset', '--topic', 'app-crash', '--to', '2999-01-01'], 100],
  [['reset', ...CRASH, '--to', '17'], 17],
  [['reset', ...CRASH, '--to', '170'], 100],
  [['skip', ...CRASH], 41],
  [['skip', ...CRASH, '--count', '5'], 45],
  [['skip', ...CRASH, '--count', '500'], 100],
];

for (const [words, offset] of CHANGES) {
  test(`${words.join(' ')} puts the group to ${offset}, and says before and after`, async (t) => {
    const data = await aLog(t);

    const dry = await faultline('offsets', ...words, '--dry-run', '--data', data);
    const before = await committed(data);
    const done = await faultline('offsets', ...words, '--data', data);

    const row = new RegExp(`\\ncrash +faultline +app-crash +0 +40 +${offset} +${100 - offset}\\n$`);
    assert.match(dry.out, row);
    assert.equal(dry.err, 'Nothing was changed.\n');
    assert.deepEqual(before, [[40, 'a note']]);
    assert.match(done.out, row);
    assert.deepEqual([done.code, done.err], [0, 'Stored.\n']);
    assert.deepEqual(await committed(data), [[offset, '']]);
  });
}

test('where nothing is committed a skip counts from where the group would begin', async (t) => {
  const data = await aLog(t);
  const other = ['--group', 'other', '--data', data, '--json'];

  const early = await faultline('offsets', 'skip', ...CRASH, '--dry-run', ...other);
  const late = await faultline(
    'offsets',
    'skip',
    ...CRASH,
    '--dry-run',
    '--from',
    '2023-11-14T22:13:20.050Z',
    ...other,
  );

  const after = (out: string): unknown =>
    (JSON.parse(out) as { positions: { before: unknown; after: unknown }[] }).positions.map((each) => [
      each.before,
      each.after,
    ]);
  assert.deepEqual(after(early.out), [[null, 1]]);
  assert.deepEqual(after(late.out), [[null, 51]]);
});

test('positions of a group that a process reads for are left alone, and the process is named', async (t) => {
  const data = await aLog(t);
  const store = await openLog(logOptions(data));
  const source = store.source({ group: 'faultline', subscribes: () => true, from: 'earliest' });
  t.after(async () => {
    await source.close();
    await store.close();
  });
  await source.open({ assigned: () => undefined, revoked: async () => undefined });

  const done = await faultline('offsets', 'skip', ...CRASH, '--data', data);
  const dry = await faultline('offsets', 'skip', ...CRASH, '--dry-run', '--data', data);

  assert.equal(done.code, 3);
  assert.match(
    done.err,
    new RegExp(`process ${process.pid} already reads .* group faultline\\n.*\\(E_LOG_BUSY\\)`),
  );
  assert.deepEqual(await committed(data), [[40, 'a note']]);
  assert.equal(dry.code, 0);
  assert.match(dry.err, new RegExp(`group faultline is read by process ${process.pid} now`));
});

/** Wrong use, and what is said. */
const WRONG: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [['rest'], /there is no offsets "rest"; did you mean reset\?/],
  [['reset', '--task', 'crash'], /--to must be earliest, latest, a time .* or an offset, it is missing/],
  [['reset', '--task', 'crash', '--to', 'noon'], /--to must be .* not "noon"/],
  [['reset', '--to', 'latest'], /reset needs --task NAME or --topic NAME/],
  [['reset', '--task', 'crash', '--to', '5'], /an offset is one of one partition/],
  [['skip', '--task', 'crash'], /skip is for one partition/],
  [['show', '--partition', '1'], /--partition needs --topic/],
  [['show', '--to', 'latest'], /--to is for reset, not for show/],
  [['show', '--dry-run'], /--dry-run is for reset and skip/],
  [['show', '--task', 'crahs'], /did you mean "crash"/],
  [['show', '--topic', 'none'], /there is no topic "none"/],
  [['show', ...CRASH, '--task', 'lag'], /there is no partition 0 of app-crash that a task \(lag\) takes/],
  [['skip', '--topic', 'app-crash', '--partition', '1'], /there is no partition 1 of app-crash/],
];

for (const [words, message] of WRONG) {
  test(`offsets ${words.join(' ')} is wrong use`, async (t) => {
    const data = await aLog(t);

    const { code, out, err } = await faultline('offsets', ...words, '--data', data);

    assert.deepEqual([code, out], [2, '']);
    assert.match(err, message);
  });
}

test('a dry run of topics tells what each task would take, what none takes and what two claim', async (t) => {
  const data = await aLog(t);
  const config = join(temporaryDirectory(t), 'f.yaml');
  writeFileSync(
    config,
    'tasks:\n  crash:\n  lag:\n  a: { topics: ^both$, analyzer: crash }\n  b: { topics: both, analyzer: lag }\n',
  );
  const store = await openLog(logOptions(data, { partitions: 2 }));
  for (const topic of ['both', 'faultline-findings']) await store.append(topic, numbered(3, 1, 0));
  await store.close();
  const flags = ['--dry-run', '--data', data, '--config', config];

  const shown = await faultline('topics', ...flags);
  const json = await faultline('topics', '--json', ...flags);

  assert.deepEqual([shown.code, shown.err], [0, '']);
  assert.match(shown.out, /\ncrash +faultline +app-crash +1 +100 +60 +nobody\n/);
  assert.match(shown.out, /^Task lag takes nothing: no topic matches /m);
  assert.match(shown.out, /^Left out: both, which tasks a and b of group faultline all claim$/m);
  assert.match(shown.out, /^Taken by no task: faultline-findings$/m);
  const { taken, contested, untaken } = JSON.parse(json.out) as Record<string, unknown[]>;
  assert.equal(taken?.length, 1);
  assert.deepEqual(contested, [{ topic: 'both', group: 'faultline', tasks: ['a', 'b'] }]);
  assert.deepEqual(untaken, ['faultline-findings']);
});
