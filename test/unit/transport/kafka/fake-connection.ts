/** A connection as kafkajs has it, without a socket: what is done with it is kept. */
import type { Connection, PushedRequest } from '../../../../src/transport/kafka/internals.ts';

export interface FakeConnection {
  readonly connection: Connection;
  readonly socket: { bytesRead: number };
  readonly calls: string[];
  /** What kafkajs was given, to be answered. */
  readonly sent: PushedRequest[];
  /** What was written to the socket. */
  readonly written: Uint8Array[];
}

export function fakeConnection(): FakeConnection {
  const calls: string[] = [];
  const sent: PushedRequest[] = [];
  const written: Uint8Array[] = [];
  const socket = {
    bytesRead: 0,
    destroy: ({ message }: Error) => calls.push(`destroyed: ${message}`),
    cork: () => undefined,
    uncork: () => undefined,
    write: (bytes: Uint8Array) => written.push(bytes),
  };
  let correlationId = 0;
  const connection = {
    clientId: 'faultline',
    socket,
    requestQueue: {
      pending: [],
      scheduleCheckPendingRequests: () => undefined,
      push: (request: PushedRequest) => void sent.push(request),
      fulfillRequest: ({ correlationId: of, payload }: { correlationId: number; payload: Buffer }) =>
        sent.find(({ entry }) => entry.correlationId === of)?.entry.resolve({ payload }),
      maybeThrottle: (forMs?: number | null) => void calls.push(`throttled: ${forMs}`),
      canSendSocketRequestImmediately: () => true,
    },
    authHandlers: null,
    send: () => Promise.reject(new Error('kafkajs sends')),
    processData: () => void calls.push('kafkajs received'),
    authenticate: async () => void calls.push('logged in'),
    nextCorrelationId: () => (correlationId += 1),
    failIfNotConnected: () => undefined,
    logError: (message: string) => calls.push(message),
    isConnected: () => false,
    isAuthenticated: () => false,
    connect: async () => calls.push('connected'),
    rejectRequests: ({ message }: Error) => calls.push(message),
    disconnect: async () => undefined,
  };
  return { connection: connection as unknown as Connection, socket, calls, sent, written };
}
