import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PageSource } from '../../../../bench/report/page.ts';
import { refreshed } from '../../../../bench/report/page.ts';
import type { Report } from '../../../../bench/section.ts';
import { SECTIONS } from '../../../../bench/sections.ts';

const MACHINE = {
  date: '2026-01-02T03:04:05.678Z',
  node: 'v24',
  cpu: 'x',
  cores: 2,
  memoryMb: 2048,
  kernel: '6',
};
const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/benchmarks.md'), 'utf8');

function report(results: unknown): Report {
  return {
    tables: [{ title: 'T', note: 'N.', head: ['a', 'b'], rows: [['1|2', String(results)]] }],
    bars: [{ what: 'w', wanted: '≥ 2', measured: '1', isMet: false }],
    plots: [{ name: 'p', title: 'P', x: { label: 'x' }, y: { label: 'y' }, series: [] }],
  };
}

function source(results: Readonly<Record<string, unknown>>): PageSource {
  return {
    results: { machine: MACHINE, ...results },
    sections: [
      { name: 'one', report },
      { name: 'two', report },
    ],
    link: 'r.json',
    fileOf: (plot) => `r-${plot}.svg`,
  };
}

function page(...names: string[]): string {
  return names.map((name) => `by hand\n\n<!-- bench:${name} -->\nold\n<!-- /bench -->\n`).join('\n');
}

test('blocks are made of the results, and what was written by hand stays', () => {
  const written = refreshed(page('one', 'bars'), source({ one: 3 }));

  assert.equal(
    written,
    [
      'by hand\n\n<!-- bench:one -->',
      '[Measured](r.json) 2026-01-02, Node v24, 2 cores of x, 2 GiB, Linux 6.\n',
      '**T**\n\nN.\n\n| a | b |\n| --- | --- |\n| 1\\|2 | 3 |\n\n![P](r-p.svg)\n<!-- /bench -->\n',
      'by hand\n\n<!-- bench:bars -->',
      '[Measured](r.json) 2026-01-02, Node v24, 2 cores of x, 2 GiB, Linux 6.\n',
      '| what | bar | measured | met |\n| --- | --- | --- | --- |\n| w | ≥ 2 | 1 | no |\n'.replace(
        /^/,
        '**Bars**\n\n',
      ),
      'Missed, 1 of 1: w.\n<!-- /bench -->\n',
    ].join('\n'),
  );
});

test('making it anew a second time changes nothing', () => {
  const once = refreshed(page('one', 'two', 'bars'), source({ one: 3, two: 4 }));

  assert.equal(refreshed(once, source({ one: 3, two: 4 })), once);
});

test('the block of a section that was not run stays as it is', () => {
  const before = page('one', 'two', 'bars');

  assert.equal(refreshed(before, source({ one: null, two: [] })), before);
});

test('a block of no section is refused', () => {
  assert.throws(() => refreshed(page('three'), source({})), /no section three/);
});

test('the page of benchmarks has one block for each section and one for the bars', () => {
  const blocks = [...PAGE.matchAll(/<!-- bench:([a-z0-9-]+) -->\n[^]*?<!-- \/bench -->/g)].map(
    ([, name]) => name,
  );

  assert.equal(new Set(blocks).size, blocks.length);
  assert.deepEqual(new Set(blocks), new Set([...SECTIONS.map(({ name }) => name), 'bars']));
});
