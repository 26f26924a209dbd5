/**
 * Asks a broker who is alive, with one Metadata request written by hand: no client library, so
 * nothing of what the suites test decides when they begin.
 */
import { connect } from 'node:net';
import { within } from '../eventually.ts';

/** A broker that is starting, or frozen, takes the connection and says nothing. */
const ANSWER_MS = 1000;

/** Size, api key 3 (Metadata), version 1, correlation 0, no client id, no topics. */
const METADATA_REQUEST = Buffer.from('0000000e' + '0003' + '0001' + '00000000' + 'ffff' + '00000000', 'hex');

/** The ids of the brokers that the one at this port knows to be alive; none when it does not answer. */
export async function brokersAlive(port: number): Promise<readonly number[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  const answer = new Promise<Buffer>((resolve, reject) => {
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) resolve(received);
    });
  });
  socket.write(METADATA_REQUEST);
  try {
    return brokerIds(await within('an answer of the broker', answer, ANSWER_MS));
  } catch {
    return [];
  } finally {
    socket.destroy();
  }
}

/** Size, correlation, then an array of brokers: id, host, port, rack or null. What follows is not read. */
function brokerIds(answer: Buffer): number[] {
  let at = 8;
  const int32 = (): number => answer.readInt32BE((at += 4) - 4);
  const skipString = (): void => {
    at += 2 + Math.max(0, answer.readInt16BE(at));
  };
  return Array.from({ length: int32() }, () => {
    const id = int32();
    skipString();
    int32();
    skipString();
    return id;
  });
}
