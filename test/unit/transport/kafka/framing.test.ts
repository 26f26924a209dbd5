import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { Answers, frame, makeSocket } from '../../../../src/transport/kafka/framing.ts';
import type { Reader } from '../../../../src/transport/kafka/protocol/reader.ts';
import { protocolRequest } from '../../../../src/transport/kafka/protocol/request.ts';
import { fakeConnection } from './fake-connection.ts';

const API = { key: 3, name: 'Metadata', min: 1, max: 1 };

/** As brokers send it: its length before it. */
function framed(answer: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(answer.length);
  return Buffer.concat([length, answer]);
}

const answers = fc.array(
  fc.uint8Array({ minLength: 4, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 20 },
);

test('answers come out whole, however they were cut, and keep their bytes when the chunks are used again', () => {
  fc.assert(
    fc.property(answers, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(framed));
      const got: Buffer[] = [];
      const reader = new Answers((answer) => void got.push(answer));

      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const chunk = Buffer.from(bytes.subarray(at, at + (cuts[i % cuts.length] ?? 1)));
        at += chunk.length;
        reader.take(chunk);
        chunk.fill(0xff);
      }

      assert.deepEqual(got, sent);
    }),
  );
});

test('what speaks another protocol is no broker', () => {
  const reader = new Answers(() => undefined);
  const error = { code: 'E_KAFKA_FAILED', message: /no Kafka broker: an answer of 1213486160 bytes/ };

  assert.throws(() => reader.take(Buffer.from('HTTP/1.1 400 Bad Request')), error);
});

test('a connection is destroyed by an answer that is none', () => {
  const { connection, calls } = fakeConnection();
  frame(connection);

  connection.processData(Buffer.from('SSH-2.0-OpenSSH'));

  assert.match(calls.join(), /^destroyed: what answers there is no Kafka broker/);
});

test('a request goes out as kafkajs would send it, its large bytes not copied', async () => {
  const { connection, sent, written } = fakeConnection();
  frame(connection);
  const large = Buffer.alloc(10_000, 'x');
  const request = protocolRequest({
    api: API,
    version: 1,
    write: (writer) => writer.string('before').bytes(large).int8(7),
    read: (reader) => reader.string(),
  });
  const theirs = await asKafkajs(request.request, (await request.request.encode()).buffer);

  const answered = connection.send(request);
  await new Promise((resolve) => setImmediate(resolve));
  sent[0]?.sendRequest();

  assert.deepEqual(Buffer.concat(written), theirs);
  assert.ok(written.includes(large));
  const answer = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 111, 107]);
  connection.processData(framed(answer));
  assert.equal(await answered, 'ok');
});

const require = createRequire(import.meta.url);

/** The bytes of a request with this body, as kafkajs would write them. */
async function asKafkajs(request: object, body: Buffer): Promise<Buffer> {
  const Encoder = require('kafkajs/src/protocol/encoder') as new () => {
    writeBufferInternal(of: Buffer): void;
  };
  const join = require('kafkajs/src/protocol/request') as (of: object) => Promise<{ buffer: Buffer }>;
  const encode = (): object => {
    const encoder = new Encoder();
    encoder.writeBufferInternal(body);
    return encoder;
  };
  return (await join({ request: { ...request, encode }, correlationId: 1, clientId: 'faultline' })).buffer;
}

test('a login goes before the first request, and the time for which a broker wants to be left alone is told', async () => {
  const { connection, calls } = fakeConnection();
  frame(connection);
  const spec = { api: API, version: 1, write: () => undefined, read: (reader: Reader) => reader.int8() };

  const answered = connection.send(protocolRequest(spec));
  await new Promise((resolve) => setImmediate(resolve));
  connection.processData(framed(Buffer.from([0, 0, 0, 1, 0, 0, 0, 9, 5])));

  assert.equal(await answered, 5);
  assert.deepEqual(calls, ['logged in', 'throttled: 9']);
});

test('while it logs in as old brokers have it, what comes is kafkajs’s', () => {
  const { connection, calls } = fakeConnection();
  Object.assign(connection, { authHandlers: {} });
  frame(connection);

  connection.processData(Buffer.from('anything'));

  assert.deepEqual(calls, ['kafkajs received']);
});

test('a socket reads into one piece of memory, and nothing of what it reads is lost', async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
  const server = createServer((peer) => peer.end(bytes)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const read: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();

  const socket = makeSocket({ host: '127.0.0.1', port, onConnect: () => undefined });
  socket.on('data', (chunk: Buffer) => {
    memory.add(chunk.buffer);
    read.push(Buffer.from(chunk));
  });
  await once(socket, 'end');
  server.close();

  assert.ok(Buffer.concat(read).equals(bytes));
  assert.equal(memory.size, 1);
});
