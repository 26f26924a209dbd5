import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Broker } from '../../../../src/transport/kafka/internals.ts';
import { errorOfCode } from '../../../../src/transport/kafka/internals.ts';
import { Leases } from '../../../../src/transport/kafka/lease.ts';
import type { SessionOptions } from '../../../../src/transport/kafka/session.ts';
import { Session } from '../../../../src/transport/kafka/session.ts';
import { eventually } from '../../../helpers/eventually.ts';

const REBALANCE_IN_PROGRESS = 27;
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER = 25;
const NOT_COORDINATOR = 16;

/** A coordinator that answers heartbeats as it is told. */
class Group {
  /** Kafka's error code, 0 for none; `silent`: no answer until the connection is dropped. */
  answer: number | 'silent' = 0;
  beats = 0;
  drops = 0;
  readonly told: string[] = [];
  readonly leases: Leases = Leases.of(1);
  readonly #silent = new Set<(error: Error) => void>();

  start(sessionTimeoutMs: number): Session {
    const options: SessionOptions = {
      coordinator: {
        ask: (_, ask) => ask({ heartbeat: () => this.#heartbeat() } as unknown as Broker),
        drop: () => {
          this.drops += 1;
          for (const reject of this.#silent) reject(new Error('dropped'));
          this.#silent.clear();
        },
      },
      group: 'g',
      memberId: 'm',
      settings: { sessionTimeoutMs, heartbeatMs: 5, rebalanceTimeoutMs: 1000, topicsRefreshMs: 1000 },
      lease: this.leases.of(0),
      events: {
        rebalance: () => this.told.push('rebalance'),
        lost: (why) => this.told.push(`lost: ${why}`),
        failed: () => this.told.push('failed'),
      },
    };
    return new Session(options, 1, performance.now());
  }

  async #heartbeat(): Promise<void> {
    this.beats += 1;
    if (this.answer === 'silent') await new Promise<void>((_, reject) => this.#silent.add(reject));
    else if (this.answer !== 0) throw errorOfCode(this.answer);
  }
}

test('a session lives as long as heartbeats are acknowledged, and ends without a timer left', async () => {
  const group = new Group();
  const session = group.start(1000);

  await eventually('twice its time', () => group.beats > 400);
  assert.ok(session.isAlive);
  assert.ok(group.leases.mayWrite(group.leases.term));
  session.end();

  assert.equal(session.isAlive, false);
  assert.deepEqual(group.told, []);
});

test('a session is lost by our own clock when nothing is acknowledged, and that is told once', async () => {
  const group = new Group();
  const session = group.start(60);
  group.answer = 'silent';

  await eventually('it is lost', () => group.told.some((told) => told.startsWith('lost')));

  assert.equal(session.isAlive, false);
  assert.ok(group.drops > 0, 'another connection was tried');
  session.lose('again');
  assert.equal(group.told.filter((told) => told.startsWith('lost')).length, 1);
});

test('a process that stood still knows it before a timer fires', () => {
  const group = new Group();
  const session = group.start(20);

  const untilMs = performance.now() + 30;
  while (performance.now() < untilMs) continue;

  assert.equal(session.isAlive, false);
  assert.equal(group.leases.mayWrite(group.leases.term), false);
  session.end();
});

test('a rebalance is told and keeps the session; while joining it is no news', async () => {
  const group = new Group();
  const session = group.start(10_000);
  group.answer = REBALANCE_IN_PROGRESS;
  await eventually('it is told', () => group.told.includes('rebalance'));

  session.joining();
  const before = group.told.length;
  const beats = group.beats;
  await eventually('it beats on', () => group.beats > beats + 40);
  session.end();

  assert.equal(group.told.length, before);
});

test('an unknown member is lost at once; another generation only when it was not asked for', async () => {
  for (const [answer, isJoining, told] of [
    [UNKNOWN_MEMBER, true, /^lost/],
    [ILLEGAL_GENERATION, false, /^lost/],
    [NOT_COORDINATOR, false, /^failed/],
  ] as const) {
    const group = new Group();
    const session = group.start(10_000);
    if (isJoining) session.joining();
    group.answer = answer;
    await eventually('it is told', () => group.told.some((each) => told.test(each)));
    assert.equal(group.leases.mayWrite(group.leases.term), answer === NOT_COORDINATOR);
    session.end();
  }

  const group = new Group();
  const session = group.start(10_000);
  session.joining();
  group.answer = ILLEGAL_GENERATION;
  await eventually('it beats on', () => group.beats > 5);
  session.end();
  assert.deepEqual(group.told, []);
});
