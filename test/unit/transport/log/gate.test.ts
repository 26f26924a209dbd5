import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { EngineError } from '../../../../src/model/errors.ts';
import { Gate } from '../../../../src/transport/log/gate.ts';
import { thisHolder } from '../../../../src/transport/log/holder.ts';
import { upTo } from '../../../contract/records.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { temporaryDir } from '../../../helpers/log.ts';

/** No process has this id: it is beyond what Linux gives. */
const DEAD_PID = 2 ** 22 + 1;

let dir: string;
let remove: () => void;
let gates: Gate[] = [];
let ends: (() => void)[] = [];
beforeEach(() => {
  ({ dir, remove } = temporaryDir());
  mkdirSync(join(dir, 'gate'));
});
afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await Promise.all(gates.map((gate) => gate.closing(async () => {})));
  gates = [];
  remove();
});

/** Each is as good as a process of its own: they know of each other by files only. */
function makeGate(yieldMsMax?: number): Gate {
  const gate = new Gate(dir, yieldMsMax);
  gates.push(gate);
  return gate;
}

function files(): readonly string[] {
  return readdirSync(join(dir, 'gate'));
}

/** Leaves a file there; returns how to remove it. */
function leave(kind: 'o' | 'w' | 'u', pid: number, startedTicks: number): () => void {
  const path = join(dir, 'gate', `${kind}-${pid}-${startedTicks}-left`);
  writeFileSync(path, '');
  return () => rmSync(path);
}

/** Work that ends when told. */
function work(): { readonly run: () => Promise<void>; readonly end: () => void; isBegun: boolean } {
  const { promise, resolve } = Promise.withResolvers<void>();
  ends.push(resolve);
  const made = {
    isBegun: false,
    run: (): Promise<void> => {
      made.isBegun = true;
      return promise;
    },
    end: resolve,
  };
  return made;
}

test('work is let in in the order of the calls, and at once when its process is in', async () => {
  const gate = makeGate();
  const order: number[] = [];
  const put = (i: number): Promise<number> => gate.writing(async () => order.push(i));

  await Promise.all(upTo(5).map(put));
  const last = put(5);

  assert.deepEqual(order, upTo(6));
  await last;
});

test('nothing is opened before what is under way has ended, and nothing new begins until it is opened', async () => {
  const writer = makeGate();
  const [first, second] = [work(), work()];
  const writing = [writer.writing(first.run)];
  await eventually('the first has begun', () => first.isBegun);

  let begunWhenOpened: boolean | null = null;
  const opening = makeGate().opening(() => (begunWhenOpened = second.isBegun));
  await eventually('its file is there', () => files().some((name) => name.startsWith('o-')));
  await eventually('the writer has seen it', () => {
    const probe = work();
    probe.end();
    writing.push(writer.writing(probe.run));
    return !probe.isBegun;
  });
  writing.push(writer.writing(second.run));
  assert.equal(begunWhenOpened, null);
  first.end();
  await opening;

  assert.equal(begunWhenOpened, false);
  second.end();
  await Promise.all(writing);
  assert.ok(second.isBegun);
});

test('what fails goes back to its caller and lets the others on', async () => {
  const gate = makeGate();

  const failed = gate.writing(() => Promise.reject(new Error('no')));
  const next = gate.writing(async () => 'yes');

  await assert.rejects(failed, { message: 'no' });
  assert.equal(await next, 'yes');
  await assert.rejects(
    makeGate().opening(() => {
      throw new Error('not so');
    }),
    { message: 'not so' },
  );
});

test('files of dead processes do not count and are cleared away', async () => {
  const { pid, startedTicks } = thisHolder('');
  leave('w', DEAD_PID, 0);
  leave('o', DEAD_PID, 0);
  leave('u', DEAD_PID, 0);
  leave('w', pid, startedTicks + 1);
  leave('o', pid, startedTicks + 1);
  leave('u', pid, startedTicks + 1);

  const gate = makeGate(0);
  const opened = await gate.opening(() => true);
  await gate.closing(async () => {});

  assert.ok(opened);
  assert.deepEqual(files(), []);
});

test('nobody has the log for itself alone while another has it open, opens it or writes', async () => {
  const user = makeGate();
  await user.opening(() => {});
  const leaving = ['o', 'w'] as const;
  const { pid, startedTicks } = thisHolder('');

  const busy = { code: 'E_LOG_BUSY', message: new RegExp(`process ${pid} has the log in .* open`) };
  await assert.rejects(
    makeGate().alone(async () => {}),
    busy,
  );
  await user.closing(async () => {});
  for (const kind of leaving) {
    const end = leave(kind, pid, startedTicks);
    await assert.rejects(
      makeGate().alone(async () => {}),
      busy,
    );
    end();
  }

  assert.equal(await makeGate().alone(async () => 'alone'), 'alone');
  assert.deepEqual(files(), []);
});

test('who opens waits for the end of what is done alone', async () => {
  const alone = work();
  const doing = makeGate().alone(alone.run);
  await eventually('it has begun', () => alone.isBegun);
  let isOpened = false;
  const opening = makeGate().opening(() => (isOpened = true));
  await eventually('the opener is there', () => files().some((name) => name.startsWith('o')));

  const before = isOpened;
  alone.end();
  await Promise.all([doing, opening]);

  assert.deepEqual([before, isOpened], [false, true]);
});

test('a living process that does not let go is E_LOG_BUSY: for now to who writes, for good to who opens', async () => {
  const { pid, startedTicks } = thisHolder('');
  const [opener, writer] = [makeGate(1), makeGate(1)];

  leave('w', pid, startedTicks);
  await assert.rejects(
    opener.opening(() => assert.fail('it must not be opened')),
    {
      code: 'E_LOG_BUSY',
      retriable: false,
      message: new RegExp(`process ${pid} writes`),
    },
  );
  const letGo = leave('o', pid, startedTicks);
  const refused = upTo(3).map(() => writer.writing(async () => assert.fail('nothing must begin')));

  for (const each of refused) await assert.rejects(each, { code: 'E_LOG_BUSY', retriable: true });
  letGo();
  assert.equal(await writer.writing(async () => 'on'), 'on');
});

test('whoever puts its file second has seen the other, whatever the moment', async () => {
  const { pid, startedTicks } = thisHolder('');
  let decided = 0;

  for (const turns of upTo(150)) {
    const gate = new Gate(dir, 0);
    let begun = false;
    const writing = gate.writing(async () => {
      begun = true;
      return 'begun';
    });
    for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
    const letGo = leave('o', pid, startedTicks);
    // On a slow machine the writer has been, and its file is gone again.
    const isFirst = !begun && !files().some((name) => name.startsWith('w-'));
    const outcome = await writing.catch(({ code }: EngineError) => code);
    letGo();
    await gate.closing(async () => {});
    if (!isFirst) continue;
    decided += 1;
    assert.equal(outcome, 'E_LOG_BUSY');
  }

  assert.ok(decided > 0);
});

test('a gate that has been removed is made again', async () => {
  const gate = makeGate();
  const removeGate = (): void => rmSync(join(dir, 'gate'), { recursive: true });

  removeGate();
  const opened = await gate.opening(() => 'open');
  removeGate();
  const written = await gate.writing(async () => 'written');

  assert.deepEqual([opened, written], ['open', 'written']);
  assert.equal(files().length, 1);
});

test('writers and those that open all get on while all of them are busy', async () => {
  const writers = upTo(2).map(() => makeGate());
  let opened = 0;
  let written = 0;
  let writing = 0;

  const write = async (gate: Gate): Promise<void> => {
    for (let i = 0; i < 2000; i += 1) {
      await gate.writing(async () => {
        writing += 1;
        await Promise.resolve();
        writing -= 1;
        written += 1;
      });
    }
  };
  const open = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) {
      await makeGate().opening(() => {
        assert.equal(writing, 0);
        opened += 1;
      });
    }
  };
  await Promise.all([...writers.map(write), open(), open(), open()]);

  assert.deepEqual([opened, written], [60, 4000]);
});
