/** `analyze` of every example report: for people, and as the finding that a run would publish. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { ROOT } from '../helpers/command.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

const REPORTS = join(ROOT, 'examples/reports');
const PLATFORMS = /^(java|android|node|python)-/;

const files = readdirSync(REPORTS).filter((name) => PLATFORMS.test(name) && /\.(txt|json)$/.test(name));

async function analyzed(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const code = await main(['analyze', ...args], terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

test('there are reports of several platforms', () => {
  assert.ok(files.length > 20);
});

for (const file of files) {
  test(`${file} is understood, and its view says what its finding says`, async () => {
    const path = join(REPORTS, file);

    const pretty = await analyzed(path);
    const json = await analyzed('--json', path);
    const finding = JSON.parse(json.out) as Record<string, unknown>;

    assert.deepEqual([pretty.code, pretty.err, json.code, json.err], [0, '', 0, '']);
    assert.equal(json.out.split('\n').length, 2);
    assert.equal(finding['kind'], /-(lag|hang)-/.test(file) ? 'lag' : 'crash');
    assert.notEqual(finding['format'], 'unknown');
    assert.equal(finding['problems'], undefined);
    assert.ok(String(finding['signature']).length > 0);
    assert.ok(pretty.out.startsWith(String(finding['signature'])), pretty.out);
    assert.ok(pretty.out.includes(String(finding['group']).slice(0, 12)), pretty.out);
  });
}
