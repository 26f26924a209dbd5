import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitsView, whyView } from '../../../src/cli/why-view.ts';
import type { Whereabouts } from '../../../src/model/status.ts';
import { aHolder, aPartition, aWhy } from '../../helpers/control.ts';

const context = { paint: (_style: string, text: string): string => text, columns: 100 };

test('what holds a partition is told: the sentence first, then all that is known, then what to look at', () => {
  assert.equal(
    whyView([aWhy()], context).join('\n'),
    `app-crash 0 · group faultline · task crash
Offset 1042 waits for its third attempt since 12.4 s.

offset      1042
key         device-17
where       waiting for a retry
lane        17 of task crash
thread      none
age         12.4 s
attempts    2
last error  E_EVENT_ANALYZE: no symbols
position    committed 1040, watermark 1042, 633 ahead

Next: It is tried again by itself; after retry.max tries retry.onExhausted decides. The last error
says what to mend.`,
  );
});

test('what is in the way of the process is told beside what intake waits for', () => {
  const waits = { state: 'running', intake: [], held: 0, longest: [], obstacles: ['a\u001b', 'b'] } as const;

  assert.match(waitsView(waits, context).join('\n'), /^Intake\n {2}in the way {2}a␛\n {14}b\n/);
});

test('a partition that nothing holds, one of each group', () => {
  const partition = aPartition({
    group: 'a',
    watermark: null,
    committed: null,
    task: null,
    phase: 'stopped',
  });
  const free = aWhy({ partition, holder: null, sentence: 'Nothing is unfinished.' });

  const text = whyView([free, aWhy({ partition: aPartition({ group: 'b' }) })], context).join('\n');

  assert.match(
    text,
    /^app-crash 0 · group a · no task · stopped\nNothing is unfinished\.\n\nposition {2}nothing committed yet, 0 ahead\n\napp-crash 0 · group b /,
  );
});

test('what comes from events cannot write over the terminal, and long lines go on below', () => {
  const lastError = {
    code: 'E_EVENT_ANALYZE',
    message: `${'word '.repeat(40)}\u001b[2J\n`,
    retriable: true,
  } as const;
  const holder = aHolder({ key: '\u001b]0;evil\u0007', slot: 3, lastError });

  const lines = whyView([aWhy({ holder, sentence: `held by \u001b[31m${'word '.repeat(40)}` })], context);

  const controls = /\p{Cc}/u;
  assert.deepEqual(
    lines.filter((line) => controls.test(line) || [...line].length > 100),
    [],
  );
  assert.ok(lines.includes('thread      3'));
});

test('for every place of a holder there is something to look at next', () => {
  const places: readonly Whereabouts[] = ['lane', 'pool', 'retry', 'sink', 'release'];

  const hints = places.map((where) => whyView([aWhy({ holder: aHolder({ where }) })], context).join('\n'));

  for (const hint of hints) assert.match(hint, /\nNext: \w/);
  assert.equal(new Set(hints.map((hint) => hint.split('Next: ')[1])).size, places.length);
});

test('what intake waits for, and the longest held partition, with the way to ask on', () => {
  const why = aWhy();
  const intake = [
    { group: 'faultline', waiting: { limit: 'aheadMax', cause: 'retry', forMs: 83_000 } },
    { group: 'other', waiting: null },
  ] as const;

  const text = waitsView({ state: 'running', intake, held: 12, longest: [why] }, context).join('\n');

  assert.equal(
    text,
    `Intake
  faultline  has waited 1 min 23 s for retries (aheadMax is reached)
  other      consumes

Longest held, of 12 partitions with something unfinished
  PARTITION    GROUP      OFFSET     AGE  ATTEMPTS  AHEAD  WHERE
  app-crash 0  faultline    1042  12.4 s         2    633  waiting for a retry

Offset 1042 waits for its third attempt since 12.4 s.
faultline why app-crash 0 tells all of it.`,
  );
});

test('where nothing is held, that is all', () => {
  const intake = [{ group: 'faultline', waiting: null }];

  const lines = waitsView({ state: 'draining', intake, held: 0, longest: [] }, context);

  assert.deepEqual(lines, [
    'Intake (draining)',
    '  faultline  consumes',
    '',
    'No partition is held: nothing is unfinished.',
  ]);
});
