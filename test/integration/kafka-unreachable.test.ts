/** Commands whose brokers are not there, or say nothing: one sentence and an exit code, in time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { within } from '../helpers/eventually.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

/** What users are promised. */
const WITHIN_MS = 10_000;

/** Every command that opens brokers by itself. */
const COMMANDS: readonly (readonly string[])[] = [
  ['topics'],
  ['topics', '--dry-run'],
  ['offsets', 'show'],
  ['offsets', 'reset', '--task', 'crash', '--to', 'earliest'],
  ['offsets', 'skip', '--topic', 'app-crash', '--partition', '0'],
  ['tail', 'faultline-findings'],
  ['generate', '--count', '3'],
];

/** Runs one; the reporting of it must not depend on how many brokers are named. */
async function faultline(args: readonly string[], brokers: string) {
  const terminal = fakeTerminal();
  const running = main([...args, '--transport', 'kafka', '--brokers', brokers], terminal, {});
  const code = await within(`the end of ${args.join(' ')}`, running, WITHIN_MS);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** `127.0.0.1:PORT` of a server that takes connections and says nothing; or of none, when it is closed. */
async function port(test: TestEnd, kind: 'mute' | 'closed'): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  if (kind === 'closed') close();
  else test.after(close);
  return `127.0.0.1:${address.port}`;
}

for (const args of COMMANDS) {
  test(`${args.join(' ')} says that no broker can be reached, and which`, async (t) => {
    const broker = await port(t, 'closed');

    const { code, out, err } = await faultline(args, broker);

    assert.equal(code, 3);
    assert.equal(out, '');
    const [sentence, hint, ...rest] = err.split('\n').filter((line) => !line.startsWith('wrote '));
    assert.match(sentence ?? '', new RegExp(`^faultline ${args[0]}: .* at ${broker}: .*ECONNREFUSED`));
    assert.match(hint ?? '', /^ {2}Check kafka\.brokers.* \(E_KAFKA_UNREACHABLE\)$/);
    assert.deepEqual(rest, ['']);
  });
}

test('a broker that takes the connection and says nothing is given up in time', async (t) => {
  const broker = await port(t, 'mute');

  const ended = await Promise.all(COMMANDS.map((args) => faultline(args, broker)));

  for (const { code, err } of ended) {
    assert.equal(code, 3);
    assert.match(err, /\(E_KAFKA_UNREACHABLE\)\n$/);
  }
});

test('of several brokers that are not there each gets its time', async (t) => {
  const brokers = await Promise.all([port(t, 'mute'), port(t, 'closed'), port(t, 'mute'), port(t, 'mute')]);

  const { code, err } = await faultline(['topics'], brokers.join());

  assert.equal(code, 3);
  assert.match(err, /\(E_KAFKA_UNREACHABLE\)\n$/);
});

test('what is wrong with the config of Kafka is said before anything connects', async (t) => {
  const dir = temporaryDirectory(t);
  const ca = join(dir, 'ca.pem');
  writeFileSync(ca, 'no certificate');
  const tls = ['topics', '--kafka-tls-enabled', 'true', '--kafka-tls-ca-file'];

  const without = await faultline(['topics'], '');
  const missing = await faultline([...tls, join(dir, 'none.pem')], '127.0.0.1:1');
  const rubbish = await faultline([...tls, ca], '127.0.0.1:1');
  const secret = await faultline(['topics', '--kafka-sasl-password', 'hunter2'], '127.0.0.1:1');

  assert.equal(without.code, 2);
  assert.match(without.err, /kafka\.brokers is missing/);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /kafka\.tls\.caFile .*none\.pem cannot be read: there is no such file/);
  assert.equal(rubbish.code, 3);
  assert.match(rubbish.err, /kafka\.tls\.caFile .*ca\.pem cannot be used: .*\n.*\(E_KAFKA_TLS\)/);
  assert.equal(secret.code, 2);
  assert.match(secret.err, /is a secret and must not stand here: give it by FAULTLINE_KAFKA_SASL_PASSWORD/);
  assert.doesNotMatch(secret.err, /hunter2/);
});
