/**
 * What every {@link Sink} keeps, whatever stands behind it.
 *
 * A transport takes part by a harness: how to make a sink, how to see what was written, how to end;
 * and where it can, how to make its writes fail for a while.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delivery, Publication } from '../../src/model/delivery.ts';
import type { PublishResult, Sink } from '../../src/ports/sink.ts';
import {
  AWKWARD,
  assertKeyOrder,
  content,
  numbered,
  numbers,
  publications,
  sorted,
  upTo,
} from './records.ts';

/** One transport, empty, for one test. */
export interface SinkHarness {
  sink(): Sink;
  /** Everything that the topic holds, in offset order within each partition; nothing when there is none. */
  written(topic: string): Promise<readonly Delivery[]>;
  /**
   * Makes writes fail, those of one that is on its way included, until the returned function is
   * called. `null`: the transport cannot be made to.
   */
  readonly interrupt: (() => () => void) | null;
  /** Largest record that is taken; `null`: there is no such limit. */
  readonly recordBytesMax: number | null;
  /** Ends everything it made. */
  close(): Promise<void>;
}

const TOPIC = 'findings';

/** Registers the suite. */
export function sinkContract(name: string, make: () => Promise<SinkHarness>): void {
  const guarantee = (
    promise: string,
    body: (harness: SinkHarness, skip: (why: string) => void) => Promise<void>,
  ): void => {
    test(promise, async (context) => {
      const harness = await make();
      try {
        await body(harness, (why) => context.skip(why));
      } finally {
        await harness.close();
      }
    });
  };

  describe(`${name} as a sink`, () => {
    guarantee('what is acknowledged is written, in the order of the calls', async (harness) => {
      const sink = harness.sink();

      for (let i = 0; i < 100; i += 10) assertTaken(await sink.publish(batch(10, i)));
      await sink.close();

      const written = await harness.written(TOPIC);
      assert.deepEqual(sorted(numbers(written)), upTo(100));
      assertKeyOrder(written);
    });

    guarantee('calls in flight at once take effect in the order of the calls', async (harness) => {
      const sink = harness.sink();

      const calls = upTo(40).map((i) => sink.publish(batch(25, i * 25)));
      for (const results of await Promise.all(calls)) assertTaken(results);

      const written = await harness.written(TOPIC);
      assert.deepEqual(sorted(numbers(written)), upTo(1000));
      assertKeyOrder(written);
      await sink.close();
    });

    guarantee(
      'null and empty keys, empty values, binary bytes, headers and times are written unchanged',
      async (harness) => {
        const sink = harness.sink();

        assertTaken(await sink.publish(publications(TOPIC, AWKWARD)));

        const written = await harness.written(TOPIC);
        const comparable = (all: readonly (Delivery | Publication)[]): Set<string> =>
          new Set(all.map((each) => JSON.stringify(content(each))));
        assert.deepEqual(comparable(written), comparable(publications(TOPIC, AWKWARD)));
        await sink.close();
      },
    );

    guarantee('one call may go to many topics', async (harness) => {
      const sink = harness.sink();

      assertTaken(
        await sink.publish([
          ...publications('a', numbered(5)),
          ...publications('b', numbered(7)),
          ...publications('a', numbered(5, 10, 5)),
        ]),
      );

      assert.deepEqual(sorted(numbers(await harness.written('a'))), upTo(10));
      assert.deepEqual(sorted(numbers(await harness.written('b'))), upTo(7));
      await sink.close();
    });

    guarantee('nothing published gives no results', async (harness) => {
      const sink = harness.sink();

      assert.deepEqual(await sink.publish([]), []);
      await sink.close();
    });

    guarantee('publishing after the close is a coded error', async (harness) => {
      const sink = harness.sink();

      await sink.close();

      await assert.rejects(sink.publish(batch(1)), { code: 'E_SINK_CLOSED' });
    });

    guarantee('a close waits for what is in flight, and closing again does nothing', async (harness) => {
      const sink = harness.sink();
      let settled = 0;

      const calls = upTo(5).map((i) => sink.publish(batch(10, i * 10)).finally(() => (settled += 1)));
      await sink.close();
      const settledAtClose = settled;
      await sink.close();

      assert.equal(settledAtClose, 5);
      for (const results of await Promise.all(calls)) assertTaken(results);
    });

    guarantee('a record that is refused for good is refused alone', async (harness, skip) => {
      if (harness.recordBytesMax === null) return skip('it has no limit');
      const sink = harness.sink();
      const large = {
        ...batch(1)[0],
        topic: TOPIC,
        key: Buffer.from('large'),
        value: Buffer.alloc(harness.recordBytesMax + 1),
        headers: [],
        timestampMs: 1,
      };

      const results = await sink.publish([...batch(3), large, ...batch(3, 3), large, ...batch(3, 6)]);

      const refused = results.flatMap((result, i) =>
        result === null ? [] : [{ i, retriable: result.retriable }],
      );
      assert.deepEqual(refused, [
        { i: 3, retriable: false },
        { i: 7, retriable: false },
      ]);
      assert.deepEqual(sorted(numbers(await harness.written(TOPIC))), upTo(9));
      await sink.close();
    });

    guarantee(
      'a failure fails all that was called after it; nothing is out of order when all is tried again',
      async (harness, skip) => {
        if (harness.interrupt === null) return skip('it cannot be made to fail');
        const sink = harness.sink();
        assertTaken(await sink.publish(batch(10)));

        const restore = harness.interrupt();
        const calls = await callsOfManyTurns(sink);
        const outcomes = await Promise.all(calls);
        restore();

        const isTaken = outcomes.flat().map((result) => result === null);
        const firstFailed = isTaken.indexOf(false);
        assert.ok(firstFailed >= 0, 'the interruption was felt');
        assert.ok(
          isTaken.slice(firstFailed).every((taken) => !taken),
          'nothing after the first failure is taken',
        );
        assert.ok(outcomes.flat().every((result) => result === null || result.retriable));
        const before = await harness.written(TOPIC);
        assert.deepEqual(sorted(numbers(before)), upTo(10 + firstFailed));

        assertTaken(await sink.publish(batch(200 - firstFailed, 10 + firstFailed)));
        const written = await harness.written(TOPIC);
        assert.deepEqual(sorted(numbers(written)), upTo(210));
        assertKeyOrder(written);
        await sink.close();
      },
    );

    guarantee('a failure for now does not hide a refusal for good', async (harness, skip) => {
      if (harness.interrupt === null || harness.recordBytesMax === null) return skip('it cannot be made to');
      const sink = harness.sink();
      const large = {
        topic: TOPIC,
        key: null,
        value: Buffer.alloc(harness.recordBytesMax + 1),
        headers: [],
        timestampMs: 1,
      };

      const restore = harness.interrupt();
      const results = await sink.publish([...batch(1), large, ...batch(1, 1)]);
      restore();

      assert.deepEqual(
        results.map((result) => result?.retriable),
        [true, false, true],
      );
      await sink.close();
    });
  });
}

/**
 * Up to 20 calls of 10, a turn apart, so that they are several requests. None after a failure has been
 * told: when nothing is in flight any more, the sink may take what comes.
 */
async function callsOfManyTurns(sink: Sink): Promise<Promise<readonly PublishResult[]>[]> {
  const calls: Promise<readonly PublishResult[]>[] = [];
  let settled = 0;
  let hasFailed = false;
  for (const i of upTo(20)) {
    // When nothing is in flight after a failure the sink takes new ones again, and may.
    if (hasFailed && settled === calls.length) break;
    const call = sink.publish(batch(10, 10 + i * 10));
    calls.push(call);
    void call.then((results) => {
      settled += 1;
      hasFailed ||= results.some((result) => result !== null);
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return calls;
}

function batch(count: number, from = 0): Publication[] {
  return publications(TOPIC, numbered(count, 10, from));
}

function assertTaken(results: readonly PublishResult[]): void {
  assert.deepEqual(
    results.filter((result) => result !== null),
    [],
  );
}
