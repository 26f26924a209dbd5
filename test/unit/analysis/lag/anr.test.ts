/** Dumps of all threads, of ART and of JVMs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseThreadDump, type ThreadDump } from '../../../../src/analysis/lag/anr.ts';
import { mainThreadOf } from '../../../../src/analysis/lag/main-thread.ts';
import { LIMITS } from './helpers.ts';

const ART = `
Subject: Input dispatching timed out (1a2b com.shop/.Main is not responding. Waited 5003ms for MotionEvent)

----- pid 4100 at 2026-11-20 08:15:30.123456789+0000 -----
Cmd line: com.shop
ABI: 'arm64'
#0 dalvik.system.PathClassLoader: [], parent #1

DALVIK THREADS (3):
"Signal Catcher" daemon prio=10 tid=4 Runnable
  | group="system" sCount=0 ucsCount=0 flags=0 obj=0x1 self=0x2
  | held mutexes= "mutator lock"(shared held)
  native: #00 pc 000000000053a6e0  /apex/com.android.art/lib64/libart.so (art::Dump(int)+128) (BuildId: ab12)
  (no managed stack frames)

"main" prio=5 tid=1 Blocked
  | sysTid=4100 nice=-10 cgrp=top-app sched=0/0 handle=0x7
  at com.shop.Db.query(Db.java:42)
  - waiting to lock <0x0a> (a java.lang.Object) held by thread 9
  at com.shop.Main.onClick(Main.java:7)
  at android.os.Looper.loop(Looper.java:288)

"writer" prio=5 tid=9 Sleeping
  at java.lang.Thread.sleep(Native method)
  - sleeping on <0x0b> (a java.lang.Object)
  at com.shop.Db.flush(Db.java:90)
  - locked <0x0a> (a java.lang.Object)

"binder" prio=5 (not attached)
  | sysTid=4111 nice=0 cgrp=top-app

----- end 4100 -----
`;

const JVM = `
2026-11-20 08:15:30
Full thread dump OpenJDK 64-Bit Server VM (21.0.1+12 mixed mode):

"main" #1 prio=5 os_prio=0 cpu=1.00ms elapsed=2.00s tid=0x0000000000000001 nid=0x10 waiting on condition  [0x00000000000000aa]
   java.lang.Thread.State: WAITING (parking)
	at jdk.internal.misc.Unsafe.park(java.base@21.0.1/Native Method)
	- parking to wait for  <0x0c> (a java.util.concurrent.locks.ReentrantLock$NonfairSync)
	at com.shop.Server.main(Server.java:5)

   Locked ownable synchronizers:
	- None

"pool-3" #20 daemon prio=5 os_prio=0 tid=0x0000000000000002 nid=0x11 runnable  [0x00000000000000bb]
   java.lang.Thread.State: RUNNABLE
	at com.shop.Server.work(app@1.0/Server.java:77)

   Locked ownable synchronizers:
	- <0x0c> (a java.util.concurrent.locks.ReentrantLock$NonfairSync)

"VM Thread" os_prio=0 tid=0x0000000000000003 nid=0x12 runnable

JNI global refs: 4, weak refs: 0

Found one Java-level deadlock:
=============================
"pool-3":
  waiting to lock monitor 0x0d (object 0x0e, a java.lang.Object),
  which is held by "main"

Java stack information for the threads listed above:
"pool-3":
	at com.shop.Server.work(Server.java:77)
`;

function parse(text: string, limits: Partial<typeof LIMITS> = {}): ThreadDump {
  const dump = parseThreadDump(text.split('\n'), { ...LIMITS, ...limits });
  assert.ok(dump !== null);
  return dump;
}

function codesOf({ problems }: ThreadDump): string[] {
  return problems.map(({ code }) => code);
}

test('an ART dump gives threads with states and frames, the process and the reason', () => {
  const dump = parse(ART);

  assert.deepEqual(
    dump.threads.map(({ name, id, state, frames }) => [name, id, state, frames.length]),
    [
      ['Signal Catcher', '4', 'Runnable', 1],
      ['main', '1', 'Blocked', 3],
      ['writer', '9', 'Sleeping', 2],
      ['binder', undefined, undefined, 0],
    ],
  );
  assert.equal(dump.process, 'com.shop');
  assert.match(dump.reason ?? '', /^Input dispatching timed out/);
  assert.deepEqual([dump.runtime, dump.anr, dump.problems], ['art', true, []]);
});

test('frames are innermost first, and locks know the frame they belong to', () => {
  const main = parse(ART).threads[1];

  assert.deepEqual(
    main?.frames.map(({ module, function: name, line }) => [module, name, line]),
    [
      ['com.shop.Db', 'query', 42],
      ['com.shop.Main', 'onClick', 7],
      ['android.os.Looper', 'loop', 288],
    ],
  );
  assert.deepEqual(main?.locks?.[0], {
    kind: 'waiting-to-lock',
    address: '0x0a',
    className: 'java.lang.Object',
    heldBy: '9',
    frame: 0,
  });
});

test('the holder of the lock that the main thread waits for is found by the id in the dump', () => {
  const main = mainThreadOf(parse(ART).threads);

  assert.deepEqual([main?.condition, main?.thread.name, main?.holder?.name], ['blocked', 'main', 'writer']);
});

test('without an id the holder is the thread that holds the object, not one that waits on it', () => {
  const text = ART.replace(' held by thread 9', '').replace(
    '"writer"',
    '"other" prio=5 tid=8 Waiting\n  at java.lang.Object.wait(Native method)\n  - waiting on <0x0a> (a java.lang.Object)\n  - locked <0x0a> (a java.lang.Object)\n\n"writer"',
  );

  const main = mainThreadOf(parse(text).threads);

  assert.equal(main?.holder?.name, 'writer');
});

test('a JVM dump gives states, frames and the holder of a synchronizer, and ends before its deadlocks', () => {
  const dump = parse(JVM);
  const main = mainThreadOf(dump.threads);

  assert.deepEqual(
    dump.threads.map(({ name, id, state, frames }) => [name, id, state, frames.length]),
    [
      ['main', '1', 'WAITING', 2],
      ['pool-3', '20', 'RUNNABLE', 1],
      ['VM Thread', '0x12', 'runnable', 0],
    ],
  );
  assert.deepEqual(
    [main?.condition, main?.waitsFor?.address, main?.holder?.name],
    ['waiting', '0x0c', 'pool-3'],
  );
  assert.deepEqual([dump.runtime, dump.anr, dump.problems], ['jvm', false, []]);
  assert.equal(dump.threads[1]?.frames[0]?.file, 'Server.java');
});

test('the main thread is found by name, by id 1, or by the process id, in this order', () => {
  const byId = parse('"com.shop" prio=5 tid=1 Native\n"other" prio=5 tid=2 Native');
  const byPid = parse('----- pid 77 at x -----\n"a" sysTid=76\n"b" sysTid=77');
  const byName = parse('"x" prio=5 tid=1 Native\n"main" prio=5 tid=3 Native');

  assert.deepEqual(
    [byId, byPid, byName].map(({ threads }) => threads.find(({ main }) => main)?.name),
    ['com.shop', 'b', 'main'],
  );
});

test('a main thread in its message queue is idle, native frames on top or not', () => {
  const poll =
    '  at android.os.MessageQueue.nativePollOnce(Native method)\n  at android.os.Looper.loop(Looper.java:1)';
  const native = '  native: #00 pc 0001  /apex/lib64/bionic/libc.so (__epoll_pwait+8)\n';

  const conditions = ['', native].map(
    (top) => mainThreadOf(parse(`"main" prio=5 tid=1 Native\n${top}${poll}`).threads)?.condition,
  );

  assert.deepEqual(conditions, ['idle', 'idle']);
});

test('only the first process of a file is read', () => {
  const dump = parse(`${ART}\n----- pid 5 at y -----\n"main" prio=5 tid=1 Native\n`);

  assert.equal(dump.threads.length, 4);
  assert.deepEqual(codesOf(dump), ['processes-skipped']);
});

test('a dump that ends before its threads do is said to be truncated', () => {
  const dump = parse(ART.slice(0, ART.indexOf('"writer"')));

  assert.equal(mainThreadOf(dump.threads)?.condition, 'blocked');
  assert.deepEqual(codesOf(dump), ['truncated']);
});

test('past the limit of threads the main thread is still taken', () => {
  const dump = parse(ART, { threadsMax: 1 });

  assert.deepEqual(
    dump.threads.map(({ name }) => name),
    ['Signal Catcher', 'main'],
  );
  assert.deepEqual(codesOf(dump), ['threads-over-limit']);
});

test('frames and locks past the limit are left out and problems tell', () => {
  const dump = parse(`${ART}\n`.replace('- locked', '- locked <0x1>\n  - locked <0x2>\n  - locked'), {
    framesMax: 1,
  });

  assert.ok(dump.threads.every(({ frames, locks = [] }) => frames.length <= 1 && locks.length <= 1));
  assert.deepEqual(codesOf(dump), ['frames-over-limit', 'locks-over-limit']);
});

test('a frame that cannot be read keeps its line', () => {
  const dump = parse('"main" prio=5 tid=1 Native\n  at ???');

  assert.deepEqual(dump.threads[0]?.frames, [{ raw: 'at ???' }]);
  assert.deepEqual(dump.problems, [{ code: 'frame-unreadable', at: 'line 2' }]);
});

test('the head of an ANR without threads is read', () => {
  const dump = parse('ANR in com.shop (com.shop/.Main)\nPID: 4100\nReason: Broadcast of Intent { act=X }');

  assert.deepEqual(
    [dump.process, dump.reason, dump.anr],
    ['com.shop', 'Broadcast of Intent { act=X }', true],
  );
  assert.deepEqual(codesOf(dump), ['threads-missing']);
});

test('other texts are no dumps', () => {
  const texts = ['', 'hello', 'java.lang.Error: x\n\tat a.B.c(B.java:1)', '{"a": 1}', '"key": 1'];

  const dumps = texts.map((text) => parseThreadDump(text.split('\n'), LIMITS));

  assert.ok(dumps.every((dump) => dump === null));
});

test('any mixture of lines of dumps is read without an error, with at most one main thread', () => {
  const line = fc.oneof(fc.constantFrom(...ART.split('\n'), ...JVM.split('\n')), fc.string());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      const threads = parseThreadDump(lines, LIMITS)?.threads ?? [];

      assert.ok(threads.filter(({ main }) => main).length <= 1);
      assert.ok(mainThreadOf(threads) === null || threads.some(({ main }) => main));
    }),
  );
});
