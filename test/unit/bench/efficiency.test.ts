/** The share of the ceiling: how it comes from slices, and how it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, measure } from '../../../bench/efficiency/measure.ts';
import type { BareLoops } from '../../../bench/efficiency/bare.ts';
import type { EfficiencyFigures } from '../../../bench/efficiency.ts';
import { efficiency } from '../../../bench/efficiency.ts';

const ROW: EfficiencyFigures = {
  transport: 'memory',
  keys: 'zipf',
  threads: 2,
  workUs: 100,
  chunks: 18,
  events: 9000,
  shares: [0.88, 0.91, 0.92],
  share: 0.91,
  rateShare: 0.89,
  engineUs: 110,
  mainUs: 4,
  bareUs: 100,
};

test('the share is the median of the pairs, each slice held against the bare loops beside it', () => {
  const pair = (engineUs: number, bareUs: number) => ({
    engine: { cpuUs: engineUs, mainUs: 10, ms: 10 },
    bare: { cpuUs: bareUs, ms: 8 },
  });

  const { share, shares, rateShare } = figuresOf([pair(100, 90), pair(1000, 500), pair(10, 9.5)], 1);

  assert.deepEqual(shares, [0.9, 0.5, 0.95]);
  assert.equal(share, 0.9);
  assert.equal(rateShare, 0.8);
});

test('engine and bare loops take turns in beginning, with the same chunks to burn', async () => {
  const calls: string[] = [];
  const subject = {
    slice: (events: number) => {
      calls.push('engine');
      return Promise.resolve({ cpuUs: events * 200, mainUs: events, ms: events / 10 });
    },
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const burnt: number[] = [];
  const bare = {
    burn: (chunks: number) => {
      calls.push('bare');
      burnt.push(chunks);
      return Promise.resolve({ cpuUs: chunks * 10, ms: 1 });
    },
  } as unknown as BareLoops;
  const extent = { sliceMs: 100, pairs: 3, threads: 2 };

  const measured = await measure(subject, bare, { chunks: 18, chunkUs: 10, extent });

  assert.deepEqual(calls.slice(3), ['engine', 'bare', 'bare', 'engine', 'engine', 'bare']);
  // 100 ms of two threads, 200 µs an event.
  assert.equal(measured.events, 1000);
  assert.deepEqual(burnt, [18_000, 18_000, 18_000]);
  assert.equal(measured.share, 0.9);
});

test('a bar is met from its figure on', () => {
  const { bars } = efficiency.report({
    chunkUs: 5.5,
    rows: [ROW, { ...ROW, workUs: 1000, share: 0.949 }, { ...ROW, transport: 'kafka', share: 0.75 }],
  });

  assert.deepEqual(
    bars.map(({ wanted, isMet }) => [wanted, isMet]),
    [
      ['≥ 95 %', false],
      ['≥ 90 %', true],
      ['≥ 75 %', true],
    ],
  );
});

test('keys that come otherwise have no bar', () => {
  const { bars } = efficiency.report({ chunkUs: 5.5, rows: [{ ...ROW, keys: 'one-hot', share: 0.2 }] });

  assert.deepEqual(bars, []);
});

test('without work there is no share, neither in the table nor in the plot', () => {
  const idle = { ...ROW, workUs: 0, chunks: 0, share: 0, bareUs: 0 };

  const { tables, plots } = efficiency.report({ chunkUs: 5.5, rows: [idle, ROW] });

  const [first] = tables[0]?.rows ?? [];
  assert.equal(first?.[5], '');
  assert.deepEqual(plots[0]?.series, [{ name: 'memory, zipf', points: [[100, 91]] }]);
});
