/** What the sections of the job are made of: spans, the ledger, points, reports. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LedgerSink } from '../../../bench/job/ledger-sink.ts';
import { brokerOf, growthPoints } from '../../../bench/job/growth-points.ts';
import { MEMORY_TOPIC } from '../../../bench/job/memory-run.ts';
import { repeatBroker } from '../../../bench/job/repeat-events.ts';
import { thereAndBack } from '../../../bench/job/rounds.ts';
import { Span } from '../../../bench/job/span.ts';
import { otherBuild } from '../../../bench/job/variant.ts';
import type { Publication } from '../../../src/model/delivery.ts';
import { seededRandom } from '../../../src/load/random.ts';
import { MemoryBroker } from '../../../src/transport/memory/broker.ts';

const EMPTY = new Uint8Array();

function finding(id: string): Publication {
  return {
    topic: 'out',
    key: null,
    value: EMPTY,
    headers: [['faultline-id', Buffer.from(id)]],
    timestampMs: 0,
  };
}

describe('the span', () => {
  test('counts what is used between its points alone', () => {
    const span = new Span({ from: 10, to: 30 });

    span.finish(9);
    span.probe(outcome(0, 100));
    span.finish(2);
    span.probe(outcome(0, 101));
    span.probe(outcome(1, 3));
    span.probe({ type: 'publisher-cpu', cpuMs: 2 });
    span.finish(19);
    span.probe(outcome(0, 900));
    span.finish(1);

    const { events, cpuUsPerEvent } = span.figures();
    assert.equal(events, 19);
    assert.equal(cpuUsPerEvent.workers, 4000 / 19);
    assert.equal(cpuUsPerEvent.publisher, 2000 / 19);
  });

  test('has no figures before its last point', () => {
    const span = new Span({ from: 1, to: 3 });

    span.finish(2);

    assert.throws(() => span.figures(), /only 2 of 3 events/);
  });
});

function outcome(slot: number, cpuMs: number) {
  const tally = { platforms: new Map(), problems: new Map(), groups: [] } as never;
  return { type: 'outcome', slot, batch: 1, deliveries: 1, elapsedMs: 1, cpuMs, tally } as const;
}

describe('the ledger of a memory run', () => {
  async function judged(ids: readonly string[]): Promise<void> {
    const broker = new MemoryBroker({ partitions: 1 });
    const keys = ['a', 'b', 'a'];
    broker.append(
      'in',
      keys.map((key) => ({ key: Buffer.from(key), value: EMPTY })),
    );
    const sink = new LedgerSink(broker, 'in');
    await sink.publish(ids.map(finding));
    sink.check();
  }

  test('takes every event once, keys in order', async () => {
    await assert.doesNotReject(judged(['in:0:1', 'in:0:0', 'in:0:2']));
  });

  test('tells what is missing, twice, unknown or out of order', async () => {
    await assert.rejects(judged(['in:0:0', 'in:0:1']), /2 findings of 3 events/);
    await assert.rejects(judged(['in:0:0', 'in:0:1', 'in:0:1']), /event 1 came twice/);
    await assert.rejects(judged(['in:0:0', 'in:0:1', 'in:0:3']), /event 3/);
    await assert.rejects(judged(['in:1:0', 'in:0:1', 'in:0:2']), /event 3/);
    await assert.rejects(judged(['in:0:2', 'in:0:1', 'in:0:0']), /key a is out of order/);
  });
});

describe('the events of growth', () => {
  test('each point has its own number of events, partitions, keys, and size', () => {
    for (const point of growthPoints(400).flat()) {
      const partitions = brokerOf(point, 3).topic(MEMORY_TOPIC);
      const deliveries = partitions.flatMap((partition) =>
        Array.from({ length: partition.length }, (_, offset) => partition.at(offset)),
      );

      assert.equal(deliveries.length, point.events + point.warmUp);
      assert.equal(partitions.length, point.partitions);
      if (deliveries.length >= point.keys)
        assert.equal(new Set(deliveries.map(({ key }) => String(Buffer.from(key ?? [])))).size, point.keys);
      for (const { value } of deliveries.slice(0, 20)) {
        const event = JSON.parse(Buffer.from(value ?? []).toString()) as object;
        assert.ok('category' in event && !('id' in event));
        if (point.bytes !== null) assert.equal(value?.length, point.bytes);
      }
    }
  });
});

describe('the events of repeats', () => {
  const reportsOf = (repeated: number, differIn: 'stacks' | 'messages'): readonly string[] => {
    const broker = repeatBroker({ count: 400, repeated, differIn, seed: 5 });
    return broker.topic(MEMORY_TOPIC).flatMap((partition) =>
      Array.from({ length: partition.length }, (_, offset) => {
        const text = Buffer.from(partition.at(offset).value ?? []).toString();
        const event = JSON.parse(text) as { id: string; profile_data: { report: string } };
        assert.equal(event.id, `${MEMORY_TOPIC}:${partition.partition}:${offset}`);
        return event.profile_data.report;
      }),
    );
  };

  test('are all different where none repeats', () => {
    assert.equal(new Set(reportsOf(0, 'stacks')).size, 400);
    assert.equal(new Set(reportsOf(0, 'messages')).size, 400);
  });

  test('repeat where they should', () => {
    const different = new Set(reportsOf(0.9, 'stacks')).size;

    assert.ok(different < 250, `${different} different ones`);
  });
});

test('rounds alternate their direction', () => {
  const items = thereAndBack(['a', 'b'], 3).map(({ item, round }) => `${item}${round}`);

  assert.deepEqual(items, ['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
});

test('another build differs in line numbers alone', () => {
  const report = 'a.B: c:12)\n\tat a.B.c(D.java:12)\n\tat a.B.d(Native Method)';

  const other = otherBuild(report, seededRandom(1));

  assert.match(other, /^a\.B: c:\d+\)\n\tat a\.B\.c\(D\.java:\d+\)\n\tat a\.B\.d\(Native Method\)$/);
  assert.notEqual(other, report);
});
