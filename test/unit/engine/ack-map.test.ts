import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OffsetRun } from '../../../src/engine/ack-map.ts';
import { decodeAckMap, encodeAckMap, Skips } from '../../../src/engine/ack-map.ts';
import { Partition } from '../../../src/engine/partition.ts';
import { METADATA_BYTES_MAX } from '../../../src/model/delivery.ts';

/** Gaps and lengths of all sizes that varints have. */
const size = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 32 }));

function runsFrom(position: number, pairs: readonly (readonly [number, number])[]): OffsetRun[] {
  let at = position;
  return pairs.map(([gap, length]) => {
    const from = at + gap;
    at = from + length;
    return [from, at];
  });
}

const anyMap = (maxLength: number): fc.Arbitrary<{ position: number; runs: OffsetRun[] }> =>
  fc
    .record({
      position: fc.oneof(fc.nat(1000), fc.integer({ min: 2 ** 52, max: 2 ** 52 + 1000 })),
      pairs: fc.array(fc.tuple(size, size), { maxLength }),
    })
    .map(({ position, pairs }) => ({ position, runs: runsFrom(position, pairs) }));

const base64 = (...bytes: number[]): string => btoa(String.fromCharCode(...bytes));

/** Reads all offsets of a partition that was assigned with a map; returns those that are not passed over. */
function notSkipped(runs: readonly OffsetRun[], offsets: readonly number[]): number[] {
  const skips = new Skips(runs);
  return offsets.filter((offset) => !skips.has(offset));
}

test('a map comes out as it went in', () => {
  fc.assert(
    fc.property(anyMap(60), ({ position, runs }) => {
      assert.deepEqual(decodeAckMap(position, encodeAckMap(position, runs)), runs);
    }),
  );
});

test('offsets up to the largest safe integer come out as they went in; one beyond is no map', () => {
  const runs: OffsetRun[] = [[Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]];
  const map = encodeAckMap(0, runs);

  assert.deepEqual(decodeAckMap(0, map), runs);
  assert.equal(decodeAckMap(1, map), null);
});

test('no run is no text, and no text is no run', () => {
  assert.equal(encodeAckMap(7, []), '');
  assert.deepEqual(decodeAckMap(7, ''), []);
});

test('what does not fit is left out from the highest offset down, and nothing that fits is', () => {
  const many = fc.array(fc.tuple(size, size), { minLength: 250, maxLength: 2000, size: 'max' });
  fc.assert(
    fc.property(many, (pairs) => {
      const runs = runsFrom(0, pairs);

      const map = encodeAckMap(0, runs);
      const kept = decodeAckMap(0, map) ?? [];

      assert.ok(map.length <= METADATA_BYTES_MAX);
      assert.deepEqual(kept, runs.slice(0, kept.length));
      // A pair has at most ten bytes, which are at most sixteen characters.
      if (kept.length < runs.length) assert.ok(map.length > METADATA_BYTES_MAX - 16);
    }),
    { numRuns: 30 },
  );
});

test('an endless list of runs is read only as far as it fits', () => {
  function* everySecond(): Generator<OffsetRun> {
    for (let offset = 1; ; offset += 2) yield [offset, offset + 1];
  }

  const kept = decodeAckMap(0, encodeAckMap(0, everySecond())) ?? [];

  assert.equal(kept.length, (METADATA_BYTES_MAX / 4) * 3 * 0.5 - 1);
});

test('whatever text stands there, reading it never throws; what is read are rising runs above the position', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => base64(1, ...bytes)),
  );
  fc.assert(
    fc.property(text, fc.maxSafeNat(), (metadata, position) => {
      let at = position;
      for (const [from, to] of decodeAckMap(position, metadata) ?? []) {
        assert.ok(from >= at && to > from && Number.isSafeInteger(to));
        at = to;
      }
    }),
    { numRuns: 200 },
  );
});

test('a map that was cut off is no map, or the beginning of one', () => {
  fc.assert(
    fc.property(anyMap(20), fc.nat(), ({ position, runs }, cut) => {
      const map = encodeAckMap(position, runs);

      const kept = decodeAckMap(position, map.slice(0, cut % (map.length + 1)));

      if (kept !== null) assert.deepEqual(kept, runs.slice(0, kept.length));
    }),
  );
});

test('text that is no map of this version is null', () => {
  const wrong = {
    'not base64': 'a note of another tool',
    'not Latin': 'заметка',
    'a character too many': `${base64(1, 1, 1)}A`,
    'another version': base64(2, 1, 1),
    'no version': base64(0),
    'an empty run': base64(1, 1, 0),
    'a gap without its length': base64(1, 1),
    'a number that does not end': base64(1, 0x81),
    'a number of nine bytes': base64(1, ...new Array<number>(8).fill(0x80), 1, 1),
    'a number that is not safe': base64(1, ...new Array<number>(7).fill(0xff), 0x7f, 1),
    'longer than metadata may be': base64(1, ...new Array<number>(METADATA_BYTES_MAX).fill(1)),
  };

  for (const [what, metadata] of Object.entries(wrong)) assert.equal(decodeAckMap(0, metadata), null, what);
});

test('skips are exactly the offsets of the runs, asked in rising order, gaps or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), { maxLength: 20 }),
      fc.uniqueArray(fc.nat(150)),
      fc.integer({ min: -1, max: 150 }),
      (pairs, asked, border) => {
        const runs = runsFrom(0, pairs);
        const isIn = (offset: number): boolean => runs.some(([from, to]) => offset >= from && offset < to);
        const offsets = asked.toSorted((a, b) => a - b);
        const all = Array.from({ length: 200 }, (_, offset) => offset);

        const above = [...new Skips(runs).above(border)];

        assert.deepEqual(
          notSkipped(runs, offsets),
          offsets.filter((offset) => !isIn(offset)),
        );
        assert.deepEqual(
          notSkipped(above, all),
          all.filter((offset) => !isIn(offset) || offset <= border),
        );
      },
    ),
  );
});

/** One life of a process: it reads so many, finishes some in any order, commits now and then. */
interface Life {
  readonly steps: readonly { read: number; finish: number; commit: boolean }[];
}

/** A partition that is read by one process after the other; remembers how often each offset was done. */
class History {
  readonly offsets: readonly number[];
  readonly done = new Map<number, number>();
  /** Finished offsets that the last commit told of. */
  noted: ReadonlySet<number> = new Set<number>();
  committed: { offset: number; metadata: string } | null = null;

  constructor(offsets: readonly number[]) {
    this.offsets = offsets;
  }

  /** Returns the offsets that were begun though a commit told that they were done. */
  live({ steps }: Life): number[] {
    const place = { group: 'group', topic: 'topic', partition: 0, epoch: 1, committed: this.committed };
    const partition = new Partition(place, null);
    const unread = this.offsets.filter((offset) => offset >= (this.committed?.offset ?? 0));
    const open: { offset: number; ticket: number }[] = [];
    const finished: number[] = [];
    const again: number[] = [];
    for (const { read, finish, commit } of steps) {
      for (const offset of unread.splice(0, read)) {
        const ticket = partition.watermark.begin(offset, null);
        if (partition.skips.has(offset)) partition.watermark.finish(ticket);
        else {
          open.push({ offset, ticket });
          if (this.noted.has(offset)) again.push(offset);
        }
      }
      for (let i = 0; i < finish && open.length > 0; i++) {
        const [next] = open.splice((i * 7 + finish) % open.length, 1);
        if (next === undefined) continue;
        partition.watermark.finish(next.ticket);
        finished.push(next.offset);
        this.done.set(next.offset, (this.done.get(next.offset) ?? 0) + 1);
      }
      if (commit) this.#commit(partition, finished);
    }
    return again;
  }

  #commit(partition: Partition, finished: readonly number[]): void {
    const { position } = partition.watermark;
    if (position === null) return;
    this.committed = { offset: position, metadata: encodeAckMap(position, partition.finishedAbove()) };
    this.noted = new Set([...this.noted, ...finished]);
  }
}

const anyLife: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(fc.record({ read: fc.nat(15), finish: fc.nat(12), commit: fc.boolean() }), {
    maxLength: 8,
  }),
});

test('after any number of crashes nothing is lost, and nothing that a commit told of is done again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 80 }),
      fc.array(anyLife, { maxLength: 5 }),
      (gaps, lives) => {
        let offset = -1;
        const history = new History(gaps.map((gap) => (offset += gap)));

        const again = lives.flatMap((life) => history.live(life));
        again.push(...history.live({ steps: [{ read: 1000, finish: 1000, commit: true }] }));

        assert.deepEqual(again, []);
        assert.deepEqual(
          [...history.done.keys()].toSorted((a, b) => a - b),
          history.offsets,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('what did not fit is done again after a crash, and only that', () => {
  const history = new History(Array.from({ length: 5000 }, (_, offset) => offset * 3));
  // The lowest stays open, then every second one is done: far more runs than fit.
  const place = { group: 'group', topic: 'topic', partition: 0, epoch: 1, committed: null };
  const partition = new Partition(place, null);
  const finished = history.offsets.filter((offset) => {
    const ticket = partition.watermark.begin(offset, null);
    if (offset % 2 === 1) partition.watermark.finish(ticket);
    return offset % 2 === 1;
  });
  history.committed = { offset: 0, metadata: encodeAckMap(0, partition.finishedAbove()) };

  history.live({ steps: [{ read: 5000, finish: 5000, commit: true }] });

  const again = finished.filter((offset) => history.done.has(offset));
  assert.ok(again.length > 0 && again.length < finished.length);
  assert.deepEqual(again, finished.slice(finished.length - again.length));
  assert.ok(history.offsets.every((offset) => history.done.has(offset) || finished.includes(offset)));
});
