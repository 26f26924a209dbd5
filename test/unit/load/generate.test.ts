import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import {
  generateEvents,
  javaCrashEvent,
  type GeneratedEvent,
  type GenerateOptions,
} from '../../../src/load/generate.ts';
import { decodeEvent } from '../../../src/wire/event.ts';
import type { PerfEvent } from '../../../src/model/event.ts';

const OPTIONS: GenerateOptions = {
  count: 5000,
  keys: 200,
  zipf: 1,
  duplicates: 0,
  seed: 7,
  start: Date.UTC(2026, 0, 1),
};

function generated(change: Partial<GenerateOptions> = {}): readonly GeneratedEvent[] {
  return [...generateEvents({ ...OPTIONS, ...change })];
}

function digest(events: Iterable<GeneratedEvent>): string {
  const hash = createHash('sha256');
  for (const event of events) hash.update(event.topic).update(event.key).update(event.value);
  return hash.digest('hex');
}

function decode(event: GeneratedEvent): PerfEvent {
  const origin = { topic: event.topic, partition: 0, offset: 0, timestampMs: 0 };
  return decodeEvent(event.value, [], origin, { eventBytesMax: 1 << 20 });
}

function keyOf(event: GeneratedEvent): string {
  return Buffer.from(event.key).toString();
}

test('the same options give the same bytes, and another seed others', () => {
  const first = digest(generated({ duplicates: 0.05 }));
  const again = digest(generated({ duplicates: 0.05 }));
  const other = digest(generated({ duplicates: 0.05, seed: 8 }));

  assert.equal(again, first);
  assert.notEqual(other, first);
});

test('every event is a valid one, without problems, in the topic of its category', () => {
  for (const event of generated()) {
    const decoded = decode(event);

    assert.deepEqual(decoded.problems, []);
    assert.equal(decoded.id, event.id);
    assert.equal(decoded.timestampMs, event.timestampMs);
    assert.equal(decoded.dimensions['device_id'], keyOf(event));
    assert.equal(event.topic, decoded.category === 'PERF_LAG' ? 'app-lag' : 'app-crash');
  }
});

test('no slot is left open in an event', () => {
  for (const event of generated({ count: 1000 })) {
    assert.doesNotMatch(Buffer.from(event.value).toString(), /\{\{|NaN/);
  }
});

test('all formats and platforms occur', () => {
  const events = generated().map(decode);

  const formats = new Set(events.map((event) => event.profileData.format));
  const platforms = new Set(events.map((event) => event.dimensions['platform']));

  assert.deepEqual(
    formats,
    new Set(['anr', 'java-stack', 'js-stack', 'python-stack', 'samples', 'tombstone']),
  );
  assert.deepEqual(platforms, new Set(['android', 'python', 'web']));
});

test('ids are unique where nothing is repeated, also over seeds', () => {
  const events = [...generated({ seed: 1 }), ...generated({ seed: 2 })];

  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
});

test('each device numbers its events from 1 without a gap', () => {
  const last = new Map<string, number>();

  for (const event of generated()) {
    const sequence = decode(event).values['sequence'];
    assert.equal(sequence, (last.get(keyOf(event)) ?? 0) + 1);
    last.set(keyOf(event), Number(sequence));
  }
});

test('a duplicate repeats an earlier event byte for byte, in the share asked for', () => {
  const events = generated({ count: 20_000, duplicates: 0.1 });
  const seen = new Map<string, GeneratedEvent>();
  let repeated = 0;

  for (const event of events) {
    const earlier = seen.get(event.id);
    if (earlier !== undefined) repeated += 1;
    assert.deepEqual(event, earlier ?? event);
    seen.set(event.id, event);
  }

  assert.equal(events.length, 20_000);
  assert.ok(Math.abs(repeated / events.length - 0.1) < 0.01, `${repeated} of ${events.length}`);
});

test('the first device’s share follows Zipf’s law, and an exponent of 0 makes all alike', () => {
  const shareOfTop = (zipf: number): number => {
    const counts = new Map<string, number>();
    const events = generated({ count: 20_000, keys: 100, zipf });
    for (const event of events) counts.set(keyOf(event), (counts.get(keyOf(event)) ?? 0) + 1);
    return Math.max(...counts.values()) / events.length;
  };

  // The hundredth harmonic number is 5.187, so rank 0 of 100 has 1 / 5.187 = 19.3 %.
  assert.ok(Math.abs(shareOfTop(1) - 0.193) < 0.01);
  assert.ok(shareOfTop(0) < 0.02);
});

test('the reference crash has 2.0 to 2.1 KB, whatever its index', () => {
  for (const index of [0, 1, 999, 123_456, 1_000_000]) {
    const event = javaCrashEvent(index);

    assert.ok(event.value.length >= 2000 && event.value.length <= 2100, String(event.value.length));
    assert.equal(decode(event).profileData.format, 'java-stack');
    assert.match(String(decode(event).profileData.report), /^\tat .*\nCaused by: .*\n\tat /m);
  }
});

test('the reference crash is the same for the same index and another for another', () => {
  assert.deepEqual(javaCrashEvent(3), javaCrashEvent(3));
  assert.notEqual(javaCrashEvent(3).id, javaCrashEvent(4).id);
});

test('an option out of range is refused by name before the first event', () => {
  const wrong: readonly Partial<GenerateOptions>[] = [
    { count: -1 },
    { count: 1.5 },
    { keys: 0 },
    { keys: 1_000_001 },
    { zipf: -1 },
    { zipf: NaN },
    { duplicates: 1 },
    { seed: -1 },
    { start: NaN },
  ];

  for (const change of wrong) {
    const name = Object.keys(change)[0] ?? '';
    assert.throws(
      () => generateEvents({ ...OPTIONS, ...change }),
      (error) => error instanceof EngineError && error.code === 'E_USAGE' && error.message.startsWith(name),
    );
  }
});

test('the bytes of a seed are the same on every machine', () => {
  const hash = digest(generated({ count: 1000, duplicates: 0.05 }));

  // What ledgers and benchmarks were made with: a change here is said in the changelog.
  assert.equal(hash, '320203523fde8ade3996685181238eb9c5521e39ed37f6e142be0a5042966bb6');
});
