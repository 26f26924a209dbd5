import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { dropConnections, mended } from '../../../../src/transport/kafka/connections.ts';
import type { Broker, PushedRequest } from '../../../../src/transport/kafka/internals.ts';
import type { FakeConnection } from './fake-connection.ts';
import { fakeConnection } from './fake-connection.ts';

const LIMITS = { connectTimeoutMs: 3000, requestTimeoutMs: 30_000 };
const FETCH = { apiKey: 1, apiName: 'Fetch' };
const METADATA = { apiKey: 3, apiName: 'Metadata' };
const COMMIT = { apiKey: 8, apiName: 'OffsetCommit' };
const VERSIONS = { apiKey: 18, apiName: 'ApiVersions' };

/** One whose time is the test's, with what is said of its requests. */
function limited(t: TestContext): FakeConnection & {
  readonly said: string[];
  readonly push: (entry: Pick<PushedRequest['entry'], 'apiKey' | 'apiName'>, requestTimeout?: number) => void;
  readonly pass: (ms: number) => Promise<void>;
} {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const made = fakeConnection();
  const said: string[] = [];
  const connectionPool = {
    host: 'h',
    port: 1,
    pool: [made.connection],
    send: () => Promise.reject(new Error()),
  };
  mended(connectionPool, LIMITS);
  return {
    ...made,
    said,
    push: (entry, requestTimeout) => {
      const settled = {
        resolve: () => said.push('answered'),
        reject: (error: Error) => said.push(error.message),
      };
      made.connection.requestQueue.push({
        entry: { ...entry, apiVersion: 1, correlationId: 1, ...settled },
        expectResponse: true,
        requestTimeout: requestTimeout ?? null,
        sendRequest: () => undefined,
      });
    },
    pass: async (ms) => {
      t.mock.timers.tick(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a connection that was given up is not made anew by who was about to send over it', async () => {
  const { connection, calls } = fakeConnection();
  const connectionPool = { host: 'h', port: 1, pool: [connection] };

  dropConnections({ connectionPool } as unknown as Broker);

  await assert.rejects(connection.connect(), { code: 'E_KAFKA_UNREACHABLE', retriable: true });
  const told = 'the connection to h:1 was given up';
  assert.deepEqual(calls, [told, `destroyed: ${told}`]);
});

for (const [request, waitMs, withinMs] of [
  [METADATA, undefined, 5000],
  [VERSIONS, 60_000, 3000],
  [FETCH, 5500, 5500],
  [COMMIT, undefined, 30_000],
] as const) {
  test(`${request.apiName} is given up after ${withinMs} ms without an answer, not before`, async (t) => {
    const { push, pass, said } = limited(t);
    push(request, waitMs);

    await pass(withinMs - 1);
    const before = [...said];
    await pass(1);

    assert.deepEqual(before, []);
    assert.deepEqual(said, [`${request.apiName} was not answered by h:1 within ${withinMs} ms`]);
  });
}

test('an answer ends the time that is measured', async (t) => {
  const { push, pass, said, sent } = limited(t);
  push(METADATA);

  sent[0]?.entry.resolve({ payload: Buffer.from('the answer') });
  await pass(60_000);

  assert.deepEqual(said, ['answered']);
});

test('an answer that is on its way is waited for, as long as something comes of it', async (t) => {
  const { push, pass, said, socket } = limited(t);
  push(FETCH, 5500);

  for (let i = 0; i < 10; i += 1) {
    socket.bytesRead += 1000;
    await pass(5500);
  }
  const before = [...said];
  await pass(5500);

  assert.deepEqual(before, []);
  assert.deepEqual(said, ['Fetch was not answered by h:1 within 5500 ms']);
});

test('the time for which a broker wants to be left alone is no silence of its', async (t) => {
  const { connection, push, pass, said } = limited(t);
  connection.requestQueue.maybeThrottle(20_000);
  push(FETCH, 5500);

  await pass(25_000);
  const before = [...said];
  await pass(1000);

  assert.equal(connection.requestQueue.canSendSocketRequestImmediately(), false);
  assert.deepEqual(before, []);
  assert.match(said.join(), /^Fetch was not answered by h:1 within 25\d{3} ms$/);
});

test('what came while this process stood still counts as an answer', async (t) => {
  const { push, pass, said, sent } = limited(t);
  push(METADATA);
  setImmediate(() => sent[0]?.entry.resolve({ payload: Buffer.from('the answer') }));

  await pass(60_000);

  assert.deepEqual(said, ['answered']);
});
