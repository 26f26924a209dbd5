/** The sinks of Kafka, to be held to the same promises: each opened on a client, with trouble on its connections where a test wants some. */
import { Connection, NetworkError } from '@platformatic/kafka';
import type { Sink } from '../../src/ports/sink.ts';
import { PlatformaticSink } from '../../src/transport/kafka/platformatic-sink.ts';
import type { KafkaSinkOptions } from '../../src/transport/kafka/sink.ts';
import { KafkaSink } from '../../src/transport/kafka/sink.ts';
import type { Trouble } from './producing.ts';
import { troubledClient } from './producing.ts';

/** One of them. */
export interface SinkKind {
  /** As in `kafka.produce.client`. */
  readonly name: string;
  readonly open: (options: KafkaSinkOptions, trouble?: Trouble) => Sink;
}

/** All of them. */
export const SINKS: readonly SinkKind[] = [
  {
    name: 'faultline',
    open: (options, trouble) =>
      new KafkaSink({
        ...options,
        client: trouble === undefined ? options.client : troubledClient(options.client, trouble),
      }),
  },
  {
    name: 'platformatic',
    open: (options, trouble) => {
      const sink = new PlatformaticSink(options);
      if (trouble === undefined) return sink;
      troubles.add(trouble);
      return {
        publish: (publications) => sink.publish(publications),
        close: () => sink.close().finally(() => troubles.delete(trouble)),
      };
    },
  },
];

/** Of the sinks that are open; the library's connections cannot be reached one by one. */
const troubles = new Set<Trouble>();
const send = Reflect.get(Connection.prototype, 'send') as Connection['send'];

/** As the library says that there is no connection, and that one broke while a request was on it. */
Connection.prototype.send = function (this: Connection, ...request: Parameters<Connection['send']>) {
  const [apiKey, version, payload, parser, tagged, answerTagged, callback] = request;
  const kinds = [...troubles].map((trouble) => trouble(apiKey));
  const holds = kinds.filter((kind) => kind instanceof Promise);
  const pass = (): void => {
    if (kinds.includes('unsent')) {
      callback(new NetworkError('Connection to a broker failed.'), undefined as never);
      return;
    }
    const isUnanswered = kinds.includes('unanswered');
    const answer: typeof callback = (error, result) =>
      isUnanswered
        ? callback(new NetworkError('Connection closed'), undefined as never)
        : callback(error, result);
    send.call(this, apiKey, version, payload, parser, tagged, answerTagged, answer);
  };
  if (holds.length === 0) pass();
  else void Promise.all(holds).then(pass);
} as Connection['send'];
