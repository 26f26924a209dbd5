import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FedEvent } from '../../chaos/fed.ts';
import { Account, fedEvents, POISONS, readAccount } from '../../chaos/fed.ts';
import { temporaryDirectory } from '../../helpers/temporary.ts';

function take(count: number): readonly FedEvent[] {
  const events = fedEvents(7, 0);
  return Array.from({ length: count }, () => events.next().value).filter((event) => event !== undefined);
}

test('the same seed feeds the same events, with every kind of poison among them', () => {
  const events = take(20_000);
  const codes = new Set(events.flatMap((event) => event.codes));

  assert.deepEqual(take(100), events.slice(0, 100));
  assert.deepEqual(codes, new Set(POISONS.flatMap(([, , due]) => due)));
  assert.ok(events.filter(({ codes: due }) => due.length === 0).length > 19_000);
});

test('what was begun and not done is doubtful; a line that a killed feeder left unfinished harms no other', (t) => {
  const path = join(temporaryDirectory(t), 'account');
  const [a, b, c] = take(3);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const first = new Account(path);
  first.begin([a]);
  first.done();
  first.begin([b]);
  first.close();
  appendFileSync(path, '{"begun":[["torn"');
  const second = new Account(path);
  second.begin([c]);
  second.done();
  second.close();

  const entries = readAccount(path);

  assert.deepEqual(
    entries.map(({ id, isDoubtful = false }) => [id, isDoubtful]),
    [
      [a.id, false],
      [b.id, true],
      [c.id, false],
    ],
  );
});
