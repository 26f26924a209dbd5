/**
 * HTTP for machines: `/metrics`, `/healthz` and `/readyz`, for GET and HEAD, nothing else.
 *
 * Everything is bounded: connections, the time of a request and of its answer. It only tells; nothing
 * can be changed through it.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, EngineError } from '../model/errors.ts';

/** The metrics as text. */
export interface MetricsView {
  readonly contentType: string;
  text(): Promise<string>;
}

/** How the process is. */
export interface HealthView {
  report(): {
    readonly state: string;
    /** False: only a restart helps. */
    readonly live: boolean;
    /** True: it does its work. */
    readonly ready: boolean;
    readonly reasons: readonly string[];
  };
}

/** What is served, and where. */
export interface ServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: MetricsView;
  readonly health: HealthView;
}

/** A listening server. */
export interface WebServer {
  /** `HOST:PORT`, with the real port. */
  readonly address: string;
  /** Listens no more, gives requests under way a moment, then ends all connections. Again: does nothing. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const CONNECTIONS_MAX = 100;
/** For a request to arrive, and for a connection on which nothing moves. */
const REQUEST_MS_MAX = 10_000;
/** For requests under way when the server closes. */
const CLOSE_GRACE_MS = 500;
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Listens. Rejects with `E_HTTP_LISTEN`. */
export async function startServer(options: ServerOptions): Promise<WebServer> {
  const { host, port } = options;
  const server = createServer({ headersTimeout: REQUEST_MS_MAX, requestTimeout: REQUEST_MS_MAX });
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(REQUEST_MS_MAX);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void respond(request, response, options);
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new EngineError('E_HTTP_LISTEN', whyNot(error, host, port), { cause: error });
  }
  let closed: Promise<void> | null = null;
  return { address: addressOf(server), close: () => (closed ??= close(server)) };
}

/** Never rejects. */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const { status, contentType, body } = await answer(request, options);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  { metrics, health }: ServerOptions,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET and HEAD');
  try {
    switch (url.split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, contentType: metrics.contentType, body: await metrics.text() };
      case '/healthz':
        return told(health, 'live');
      case '/readyz':
        return told(health, 'ready');
      default:
        return plain(404, 'there are /metrics, /healthz and /readyz');
    }
  } catch (error) {
    return plain(500, describe(error));
  }
}

function told(health: HealthView, question: 'live' | 'ready'): Answer {
  const report = health.report();
  const { state, reasons } = report;
  const body = `${JSON.stringify({ state, reasons })}\n`;
  return { status: report[question] ? 200 : 503, contentType: JSON_TYPE, body };
}

function plain(status: number, text: string): Answer {
  return { status, contentType: TEXT, body: `${text}\n` };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close(); // ends idle connections too
  const grace = setTimeout(() => {
    server.closeAllConnections();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(grace);
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

/** One sentence for each usual reason. */
function whyNot(error: unknown, host: string, port: number): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return `${host}:${port} is in use by another process`;
    case 'EACCES':
      return `this user has no right to listen on port ${port}`;
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} is not known`;
    default:
      return `${host}:${port} cannot be listened on: ${describe(error)}`;
  }
}
