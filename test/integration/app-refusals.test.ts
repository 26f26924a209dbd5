/**
 * What the commands refuse before they begin: one sentence that says what is wrong, a hint, exit code
 * 2 (wrong use or config) or 3 (something outside is missing or busy), and nothing on stdout.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { fill, type RawRecord } from '../e2e/support.ts';
import { ROOT } from '../helpers/command.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

type Refusal = readonly [args: readonly string[], code: number, says: RegExp];

const MAIN = join(ROOT, 'src/main.ts');
const EVENT: RawRecord = { key: 'k', value: '{"category":"PERF_CRASH","profile_data":"x"}' };

const MISTAKES = `system:
  lanes: none
  thread: 2
tasks:
  own:
    topics: '('
    analyzer: 7
`;

test('wrong use of a command is refused', async (t) => {
  const dir = temporaryDirectory(t);
  const log = ['--data', join(dir, 'log')];
  const nowhere = ['--data', join(dir, 'nowhere')];
  await fill(join(dir, 'log'), { 'app-crash': [EVENT] });
  const cases: readonly Refusal[] = [
    [['rum'], 2, /^faultline: there is no command "rum"; did you mean run\?\n/],
    [['--data', 'x', 'run'], 2, /^faultline: there is no flag --data before the command\n/],
    [['run', 'now'], 2, /^faultline run: run takes no "now"\n/],
    [
      ['generate', '--cuont', '3'],
      2,
      /^faultline generate: there is no flag --cuont; did you mean --count\?\n/,
    ],
    [
      ['generate', '--count', '-1'],
      2,
      /^faultline generate: --count must be a whole number of at least 0, not "-1"\n/,
    ],
    [['generate', '--count'], 2, /^faultline generate: --count needs a value: --count N\n/],
    [['generate', '--zipf', 'much'], 2, /^faultline generate: --zipf must be a number .*not "much"\n/],

    [
      ['generate', '--topic', 'a b', ...nowhere],
      2,
      /^faultline generate: --topic must be .*, not "a b"\n.*\(E_USAGE\)\n$/,
    ],
    [['ingest', MAIN, '--topic', '..', ...nowhere], 2, /^faultline ingest: --topic must be .*, not ".."\n/],
    [['ingest'], 2, /^faultline ingest: PATH…\|- is missing\n/],
    [
      ['ingest', MAIN, join(dir, 'no'), ...nowhere],
      2,
      /^faultline ingest: cannot read .*no: there is no such file.*\n.*\n$/,
    ],
    [['analyze', join(dir, 'no')], 2, /^faultline analyze: cannot analyse .*no: there is no such file/],
    [['tail', 'nothing', ...log], 2, /^faultline tail: there is no topic nothing.*\(E_TOPIC_UNKNOWN\)\n$/s],
    [['tail', 'x', ...nowhere], 3, /^faultline tail: there is no log in .*nowhere\n.*\(E_LOG_DIR\)\n$/],
    [['topics', ...nowhere], 3, /^faultline topics: there is no log in .*nowhere\n.*\(E_LOG_DIR\)\n$/],
    [['topics', '--data', join(MAIN, 'x')], 3, /^faultline topics: .*\(E_LOG_DIR\)\n$/s],
    [['generate', '--count', '1', '--data', join(MAIN, 'x')], 3, /^faultline generate: .*\(E_LOG_DIR\)\n$/s],
  ];
  for (const refusal of cases) await assertRefused(refusal);
});

test('a run that cannot begin says why, all mistakes of a config at once with their places', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const file = (name: string, text: string): readonly string[] => {
    writeFileSync(join(dir, name), text);
    return ['--config', join(dir, name)];
  };
  writeFileSync(join(dir, 'plain'), '');
  await fill(log, { 'app-both': [EVENT] });
  const busy = createServer().listen(0, '127.0.0.1');
  t.after(() => busy.close());
  await once(busy, 'listening');
  const { port } = busy.address() as AddressInfo;
  const both = (pattern: string): string =>
    `tasks: { one: { topics: ${pattern}, analyzer: crash }, two: { topics: ^app, analyzer: lag } }`;

  const cases: readonly Refusal[] = [
    [
      file('a.yaml', MISTAKES),
      2,
      /^faultline run: the config has 4 mistakes:\n.*a\.yaml:2:.*lanes.*\n.*a\.yaml:3:.*did you mean "threads".*\n.*a\.yaml:6:.*\n.*a\.yaml:7:.*\n/,
    ],
    [
      file('b.yaml', both('both$')),
      2,
      /tasks one and two of group faultline both take topic app-both\n.*\(E_ROUTE_AMBIGUOUS\)/,
    ],
    [
      file('c.yaml', both('^app')),
      2,
      /c\.yaml:1:\d+ .*tasks one and two .* have the same pattern \^app\n.*\(E_ROUTE_AMBIGUOUS\)/,
    ],
    [
      file('d.yaml', 'tasks: { own: { topics: ., analyzer: crash } }'),
      2,
      /d\.yaml:1:\d+ .*faultline-findings.*\(E_ROUTE_OWN_OUTPUT\)/s,
    ],
    [
      file('e.yaml', 'tasks: { own: { topics: ^x$, analyzer: ./nowhere.ts } }'),
      2,
      /nowhere\.ts.*\(E_ANALYZER_LOAD\)/s,
    ],
    [file('f.yaml', 'system: [\n'), 2, /f\.yaml:\d+:\d+.*\(E_CONFIG_INVALID\)/s],
    [['--config', join(dir, 'g.yaml')], 2, /g\.yaml.*no such file.*\(E_CONFIG_READ\)/s],
    [['--task', 'crsh'], 2, /there is no task "crsh"; did you mean "crash"\?/],
    [['--threads', 'many'], 2, /--threads: expected .*, got "many"/],
    [['--threads', '0'], 2, /--threads: expected .* 1 to 256, got "0"/],
    [['--thread', '2'], 2, /there is no flag --thread; did you mean --threads\?/],
    [
      ['--summary', join(dir, 'no/where.json')],
      3,
      /cannot write .*where\.json: there is no such file or directory/,
    ],
    [
      ['--http', `127.0.0.1:${port}`],
      3,
      new RegExp(`127\\.0\\.0\\.1:${port} is in use by another process.*\\(E_HTTP_LISTEN\\)`, 's'),
    ],
    [['--data', join(dir, 'plain')], 3, /plain.*\(E_LOG_DIR\)/s],
  ];
  for (const [args, ...rest] of cases)
    await assertRefused([['run', '--until-idle', '--data', log, ...args], ...rest]);
});

async function assertRefused([args, code, says]: Refusal): Promise<void> {
  const terminal = fakeTerminal();
  const exit = await main(args, terminal, {});

  assert.match(terminal.err(), says);
  assert.match(terminal.err(), /\n {2}\S.* \(E_[A-Z_]+\)\n$/);
  assert.doesNotMatch(terminal.err(), /unexpected:|^ +at /m);
  assert.deepEqual([exit, terminal.out()], [code, ''], args.join(' '));
}
