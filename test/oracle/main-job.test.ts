/**
 * The main job on a corpus of real reports, by the command: none is lost, each becomes a finding.
 *
 * Skipped where there is no corpus (`CORPUS`), unless `REQUIRE_CORPUS=1`.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { faultline, ROOT } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const CORPUS = resolve(process.env['CORPUS'] ?? join(ROOT, '../shared/data'));
const isWanted = process.env['REQUIRE_CORPUS'] === '1' || existsSync(CORPUS);

/** Formats that are understood. */
const DIRECTORIES = [
  'java-android-logcat',
  'java-clusterfuzz',
  'android-tombstone',
  'js-stack',
  'v8-clusterfuzz',
  'python-clusterfuzz',
  'anr-threaddump',
  'java-threaddump',
].map((name) => join(CORPUS, name));

test(
  'of the corpus no report is lost, and each becomes a finding',
  { skip: !isWanted && `no corpus at ${CORPUS}` },
  async (t) => {
    const dir = temporaryDirectory(t);
    const data = ['--data', join(dir, 'log')];
    const file = join(dir, 'summary.json');

    const ingested = await faultline('ingest', ...DIRECTORIES, ...data);
    const ran = await faultline('run', '--until-idle', '--summary', file, ...data);

    assert.deepEqual([ingested.code, ran.code], [0, 0], ingested.err + ran.err);
    const count = Number(/wrote ([\d,]+) events/.exec(ingested.err)?.[1]?.replaceAll(',', ''));
    const summary = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const { consumed, published, deadLettered, findings, committed } = summary;
    assert.ok(count > 100, ingested.err);
    assert.deepEqual(
      { consumed, published, deadLettered, findings, committed },
      { consumed: count, published: count, deadLettered: 0, findings: count, committed: count },
    );
  },
);
