/** Reports of the sections of the job, from results as they are kept. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bare } from '../../../bench/bare.ts';
import { formats } from '../../../bench/formats.ts';
import type { GrowthFigures } from '../../../bench/growth.ts';
import { growth } from '../../../bench/growth.ts';
import type { JobFigures } from '../../../bench/job.ts';
import { job } from '../../../bench/job.ts';
import { repeats } from '../../../bench/repeats.ts';

function figures(total: number, workers = total / 2) {
  const cpuUsPerEvent = { main: total / 4, workers, publisher: 1, other: 1, total };
  return { events: 1000, ms: 100, eventsPerSecond: 10_000, cpuUsPerEvent };
}

function jobRun(analyzer: JobFigures['analyzer'], round: number, total: number): JobFigures {
  return { analyzer, round, threads: 2, seed: 1, parseUs: 5, findingBytes: 500, ...figures(total) };
}

describe('the reports', () => {
  test('job: bars are medians of the rounds, over JSON.parse', () => {
    const shares = {
      receive: 0.1,
      consume: 0.1,
      engine: 0.2,
      'hand-over': 0.2,
      produce: 0.1,
      send: 0.1,
      gc: 0.1,
      other: 0.1,
    };
    const runs = [20, 24, 90].flatMap((total, round) => [
      jobRun('java-regexp', round, total + 14),
      jobRun('java-scanner', round, total),
    ]);
    const stages = [
      { analyzer: 'java-regexp', shares },
      { analyzer: 'java-scanner', shares },
    ] as const;
    const reading = [{ reader: 'regexp', stacks: 'equal', us: 10 }] as const;

    const { bars, tables } = job.report({ runs, stages, reading });

    assert.deepEqual(
      bars.map(({ measured, isMet }) => [measured, isMet]),
      [
        ['1.90 ×', false],
        ['0.76 ×', false],
        ['7.60 ×', true],
        ['4.80 ×', true],
      ],
    );
    assert.equal(tables.length, 3);
  });

  test('growth: a ratio is taken within its round', () => {
    const point = (axis: GrowthFigures['axis'], x: number, round: number, total: number): GrowthFigures => ({
      axis,
      x,
      round,
      threads: 2,
      warmUp: 1,
      partitions: 8,
      keys: 10,
      bytes: null,
      ...figures(total),
    });
    const runs = (['events', 'keys', 'partitions', 'bytes'] as const).flatMap((axis) => [
      point(axis, 10, 0, 10),
      point(axis, 100, 0, 10.5),
      point(axis, 10, 1, 20),
      point(axis, 100, 1, axis === 'keys' ? 30 : 21),
      point(axis, 10, 2, 30),
      point(axis, 100, 2, axis === 'keys' ? 45 : 31.5),
    ]);

    const { bars, plots } = growth.report({ runs });

    assert.deepEqual(
      bars.map(({ measured, isMet }) => [measured, isMet]),
      [
        ['1.05 ×', true],
        ['1.50 ×', false],
      ],
    );
    assert.deepEqual(plots[0]?.series[0]?.points, [
      [10, 20],
      [100, 21],
    ]);
  });

  test('repeats: worker CPU against the all different of the round', () => {
    const run = (what: string, round: number, workers: number) => ({
      what,
      repeated: 0,
      round,
      threads: 2,
      ...figures(50, workers),
    });
    const runs = [
      run('all different', 0, 30),
      run('90 % repeated', 0, 9),
      run('90 % repeated', 1, 20),
      run('all different', 1, 60),
    ];

    const [bar] = repeats.report({ runs }).bars;

    assert.deepEqual([bar?.measured, bar?.isMet], ['0.32 ×', true]);
  });

  test('formats and bare: a row for each', () => {
    const format = {
      format: 'anr',
      events: 4,
      eventBytes: 10,
      findingBytes: 9,
      parseUs: 2,
      decodeUs: 3,
      analyseUs: 4,
      encodeUs: 1,
    };
    const rounds = (['one by one', 'batch by batch', 'engine'] as const).map((by) => ({
      by,
      round: 0,
      threads: 2,
      seed: 1,
      parseUs: 5,
      findingBytes: 300,
      ...figures(50),
    }));

    const [byFormat] = formats.report({ formats: [format] }).tables;
    const [loops] = bare.report({ runs: rounds }).tables;

    assert.deepEqual(byFormat?.rows[0]?.slice(-4), ['1.50 ×', '2.00 ×', '0.50 ×', '4.00 ×']);
    assert.deepEqual(
      loops?.rows.map((row) => row.at(-1)),
      ['10.0 ×', '10.0 ×', '10.0 ×'],
    );
  });
});
