import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import type { HealthView, ServerOptions, WebServer } from '../../../src/web/server.ts';
import { startServer } from '../../../src/web/server.ts';

const READY = { state: 'ready', live: true, ready: true, reasons: [] };
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const options: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  metrics: { contentType: CONTENT_TYPE, text: () => Promise.resolve('faultline_up ä\n') },
  health: { report: () => READY },
};

async function start(t: TestContext, changed: Partial<ServerOptions> = {}): Promise<WebServer> {
  const server = await startServer({ ...options, ...changed });
  t.after(() => server.close());
  return server;
}

function health(report: Partial<ReturnType<HealthView['report']>>): HealthView {
  return { report: () => ({ ...READY, ...report }) };
}

/** Closes its connection afterwards, so that only the server decides about the others. */
async function get(
  { address }: WebServer,
  path: string,
  method = 'GET',
): Promise<{ status: number; type: string | null; body: string; allow: string | null }> {
  const answer = await fetch(`http://${address}${path}`, { method, headers: { connection: 'close' } });
  const { status, headers } = answer;
  return {
    status,
    type: headers.get('content-type'),
    body: await answer.text(),
    allow: headers.get('allow'),
  };
}

test('metrics are served with their type, whatever the query', async (t) => {
  const server = await start(t);

  const answer = await get(server, '/metrics?name[]=x');

  assert.deepEqual(answer, { status: 200, type: CONTENT_TYPE, body: 'faultline_up ä\n', allow: null });
});

test('HEAD has the headers of GET and no body', async (t) => {
  const server = await start(t);

  const answer = await get(server, '/metrics', 'HEAD');

  assert.deepEqual(answer, { status: 200, type: CONTENT_TYPE, body: '', allow: null });
});

test('a ready engine is alive and ready', async (t) => {
  const server = await start(t);

  const answers = [await get(server, '/healthz'), await get(server, '/readyz')];

  for (const { status, type, body } of answers) {
    assert.equal(status, 200);
    assert.equal(type, 'application/json; charset=utf-8');
    assert.deepEqual(JSON.parse(body), { state: 'ready', reasons: [] });
  }
});

test('a draining engine is alive and not ready, with reasons', async (t) => {
  const server = await start(t, {
    health: health({ state: 'draining', ready: false, reasons: ['draining: SIGTERM'] }),
  });

  const [live, ready] = [await get(server, '/healthz'), await get(server, '/readyz')];

  assert.deepEqual([live.status, ready.status], [200, 503]);
  assert.deepEqual(JSON.parse(ready.body), { state: 'draining', reasons: ['draining: SIGTERM'] });
});

test('a failed engine is not alive, with reasons', async (t) => {
  const server = await start(t, {
    health: health({ state: 'failed', live: false, ready: false, reasons: ['E_ASSERT: x'] }),
  });

  const answer = await get(server, '/healthz');

  assert.equal(answer.status, 503);
  assert.deepEqual(JSON.parse(answer.body), { state: 'failed', reasons: ['E_ASSERT: x'] });
});

test('other paths are 404, other methods 405', async (t) => {
  const server = await start(t);

  const statuses = [
    (await get(server, '/')).status,
    (await get(server, '/metrics/')).status,
    (await get(server, '/readyz', 'POST')).status,
    (await get(server, '/readyz', 'DELETE')).status,
  ];

  assert.deepEqual(statuses, [404, 404, 405, 405]);
  assert.equal((await get(server, '/readyz', 'PUT')).allow, 'GET, HEAD');
});

test('metrics that fail are a 500 that says why, and the server goes on', async (t) => {
  const text = (): Promise<string> => Promise.reject(new Error('no registry'));
  const server = await start(t, { metrics: { contentType: CONTENT_TYPE, text } });

  const answer = await get(server, '/metrics');
  const after = await get(server, '/healthz');

  assert.deepEqual([answer.status, answer.body], [500, 'no registry\n']);
  assert.equal(after.status, 200);
});

test('rubbish on the socket harms nobody else', async (t) => {
  const server = await start(t);
  const socket = connect(Number(server.address.split(':')[1]), '127.0.0.1');
  socket.end('\u0000\u0001 rubbish\r\n\r\n');
  await once(socket.resume(), 'close');

  const answer = await get(server, '/healthz');

  assert.equal(answer.status, 200);
});

test('close ends connections that are idle or say nothing, and can be called again', async (t) => {
  const server = await start(t);
  const port = Number(server.address.split(':')[1]);
  const kept = connect(port, '127.0.0.1').resume();
  kept.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: keep-alive\r\n\r\n');
  await once(kept, 'data');
  const silent = connect(port, '127.0.0.1').resume();
  await once(silent, 'connect');
  const ends = [once(kept, 'close'), once(silent, 'close')];

  await Promise.all([server.close(), server.close()]);
  await Promise.all(ends);

  await assert.rejects(fetch(`http://${server.address}/healthz`));
});

test('close waits for an answer under way', async (t) => {
  let release = (_text: string): void => undefined;
  let begun = (): void => undefined;
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const text = (): Promise<string> => {
    begun();
    return new Promise((resolve) => (release = resolve));
  };
  const server = await start(t, { metrics: { contentType: CONTENT_TYPE, text } });
  const client = request(`http://${server.address}/metrics`).end();
  const answered = once(client, 'response');
  await isBegun;

  const closing = server.close();
  release('late\n');
  const [response] = await answered;

  assert.equal(response.statusCode, 200);
  response.resume();
  await closing;
});

/** Expects one sentence and the code. */
async function assertRefused(changed: Partial<ServerOptions>, sentence: RegExp): Promise<void> {
  await assert.rejects(startServer({ ...options, ...changed }), (error: unknown) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, 'E_HTTP_LISTEN');
    assert.match(error.message, sentence);
    return true;
  });
}

test('a port in use is one sentence with its code', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  t.after(() => holder.close());
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;

  await assertRefused({ port }, new RegExp(`^127\\.0\\.0\\.1:${port} is in use by another process$`));
});

test('an address of another machine is one sentence with its code', async () => {
  await assertRefused({ host: '192.0.2.1' }, /^192\.0\.2\.1 is not an address of this machine$/);
});

test('an IPv6 address is told in brackets', async (t) => {
  let server: WebServer;
  try {
    server = await start(t, { host: '::1' });
  } catch (error) {
    assert.ok(error instanceof EngineError);
    t.skip('this machine has no IPv6');
    return;
  }

  assert.match(server.address, /^\[::1\]:\d+$/);
});
