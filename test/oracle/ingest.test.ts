/**
 * The main job on a corpus of real reports, by the command: `ingest`, then `run --until-idle`. None is
 * lost, and each report of a known format becomes a finding.
 *
 * Skipped where there is no corpus (`CORPUS`), unless `REQUIRE_CORPUS=1`.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { figuresOf, lagOf, recordsOf, type Figures } from '../e2e/support.ts';
import { faultline, ROOT } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const CORPUS = resolve(process.env['CORPUS'] ?? join(ROOT, '../shared/data'));
const skip = !existsSync(CORPUS) && process.env['REQUIRE_CORPUS'] !== '1' && `no corpus at ${CORPUS}`;

/** Directories whose reports are of formats that are understood. */
const UNDERSTOOD = [
  'java-android-logcat',
  'java-clusterfuzz',
  'android-tombstone',
  'js-stack',
  'python-clusterfuzz',
  'anr-threaddump',
  'java-threaddump',
];

/** What was written and what came of it. */
interface Done {
  readonly written: number;
  readonly figures: Figures;
  readonly findings: number;
  readonly deadLetters: number;
}

async function ingestAndRun(t: TestContext, paths: readonly string[]): Promise<Done> {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const summary = join(dir, 'summary.json');

  const ingested = await faultline('ingest', ...paths, '--data', log);
  const ran = await faultline('run', '--until-idle', '--summary', summary, '--data', log);

  assert.deepEqual([ingested.code, ran.code], [0, 0], ingested.err + ran.err);
  const findings = await recordsOf(log, 'faultline-findings');
  const deadLetters = await recordsOf(log, 'faultline-dead-letters');
  const { lag } = await lagOf(log);
  assert.equal(lag, 0);
  return {
    written: Number(/wrote ([\d,]+) events/.exec(ingested.err)?.[1]?.replaceAll(',', '')),
    figures: figuresOf(summary),
    findings: findings.length,
    deadLetters: deadLetters.length,
  };
}

test(
  'of the formats that are understood no report is lost, and each becomes a finding',
  { skip },
  async (t) => {
    const directories = UNDERSTOOD.map((name) => join(CORPUS, name));

    const { written, figures, findings, deadLetters } = await ingestAndRun(t, directories);

    const { consumed, published, finished, deadLettered, committed } = figures;
    assert.ok(written > 100);
    assert.deepEqual(
      { consumed, published, finished, deadLettered, committed, findings, deadLetters },
      {
        consumed: written,
        published: written,
        finished: 0,
        deadLettered: 0,
        committed: written,
        findings: written,
        deadLetters: 0,
      },
    );
    t.diagnostic(`${written} reports; problems ${JSON.stringify(figures.problems)}`);
    assert.equal(figures.problems['format-unknown'], undefined);
  },
);

test(
  'of the whole corpus everything that is taken becomes a finding or a dead letter',
  { skip },
  async (t) => {
    const { written, figures, findings, deadLetters } = await ingestAndRun(t, [CORPUS]);

    const { consumed, published, finished, deadLettered, committed } = figures;
    t.diagnostic(
      `${written} reports; dead letters ${JSON.stringify(figures.byCode)}; problems ${JSON.stringify(figures.problems)}`,
    );
    assert.ok(written > 500);
    assert.deepEqual(
      { consumed, committed, finished },
      { consumed: written, committed: written, finished: 0 },
    );
    assert.equal(published + deadLettered, written);
    assert.deepEqual([findings, deadLetters], [published, deadLettered]);
    // What is not understood is a finding that says so; only a broken envelope is none.
    const codes = Object.keys(figures.byCode).filter((code) => code !== 'E_EVENT_SCHEMA');
    assert.deepEqual(codes, []);
  },
);
