import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import type { HealthView, WebServer } from '../../src/web/server.ts';
import { startServer } from '../../src/web/server.ts';
import { healthCommand } from '../unit/deploy/files.ts';

function listen(live: boolean): Promise<WebServer> {
  const health: HealthView = { report: () => ({ state: 'ready', live, ready: false, reasons: [] }) };
  const metrics = { contentType: 'text/plain', text: () => Promise.resolve('') };
  return startServer({ host: '127.0.0.1', port: 0, metrics, health });
}

/** The exit code of the image’s health check, as Docker would run it beside the process. */
function check(port: string): Promise<unknown> {
  const [, ...args] = healthCommand();
  const env = { ...process.env, FAULTLINE_HTTP: `0.0.0.0:${port}` };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error) => resolve(error === null ? 0 : error.code));
  });
}

test('the image’s health check passes while the process lives, and fails when only a restart helps', async () => {
  const servers = [await listen(true), await listen(false)];
  const ports = servers.map(({ address }) => address.slice(address.lastIndexOf(':') + 1));

  const codes = await Promise.all(ports.map(check));
  await Promise.all(servers.map((server) => server.close()));
  const gone = await check(ports[0] ?? '');

  assert.deepEqual([...codes, gone], [0, 1, 1]);
});
