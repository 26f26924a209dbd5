/** A broker as far as connections see it: takes them, tells what it speaks, and answers the rest as it is told to, or not. */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { Reader } from '../../src/transport/kafka/protocol/reader.ts';
import { Writer } from '../../src/transport/kafka/protocol/writer.ts';

/** What becomes of a request: its answer, none, or the end of the connection. */
export type Fate = Writer | 'silence' | 'cut';

/** Requests by their keys. */
export const API = { metadata: 3, coordinator: 10, heartbeat: 12, handshake: 17, versions: 18, login: 36 };

/** One broker. */
export interface FakeKafkaBroker {
  readonly host: string;
  readonly port: number;
  /** `HOST:PORT`. */
  readonly address: string;
  /** The keys of all requests so far. */
  readonly asked: readonly number[];
}

/** Starts one, which ends with the test. `fate` is asked for each request but that for the versions. */
export async function startFakeBroker(t: TestContext, fate: (key: number) => Fate): Promise<FakeKafkaBroker> {
  const asked: number[] = [];
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = new Reader(bytes.subarray(4));
        bytes = bytes.subarray(4 + bytes.readInt32BE(0));
        const [key] = [request.int16(), request.int16()];
        const id = request.int32();
        asked.push(key);
        const answer = key === API.versions ? versions() : fate(key);
        if (answer === 'cut') socket.destroy();
        else if (answer !== 'silence') socket.write(framed(id, answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, address: `127.0.0.1:${port}`, asked };
}

/** An answer to Metadata that knows nobody. */
export function noMetadata(): Writer {
  return new Writer().int32(0).int32(0).string(null).int32(-1).int32(0);
}

/** An answer to FindCoordinator. */
export function coordinatorAt(port: number): Writer {
  return new Writer().int32(0).int16(0).string(null).int32(1).string('127.0.0.1').int32(port);
}

/** An answer to SaslHandshake. */
export function mechanism(name: string): Writer {
  return new Writer().int16(0).int32(1).string(name);
}

/** An answer to SaslAuthenticate that refuses. */
export function refused(why: string): Writer {
  return new Writer().int16(58).string(why).int32(0).int64(0);
}

function versions(): Writer {
  const spoken = [
    [API.metadata, 4],
    [API.coordinator, 2],
    [API.heartbeat, 3],
    [API.handshake, 1],
    [API.versions, 2],
    [API.login, 1],
  ] as const;
  const writer = new Writer().int16(0);
  writer.array(spoken, ([key, max]) => writer.int16(key).int16(0).int16(max));
  return writer.int32(0);
}

function framed(id: number, answer: Writer): Buffer {
  const body = answer.buffer;
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length, 0);
  head.writeInt32BE(id, 4);
  return Buffer.concat([head, body]);
}
