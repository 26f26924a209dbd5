/**
 * Brokers that lead the partitions of one topic, as a producer meets them: they keep Kafka's rules for
 * sequence numbers and epochs (org.apache.kafka.storage.internals.log.ProducerAppendInfo), and fail as told.
 */
import type { Brokers } from '../../../../src/transport/kafka/brokers.ts';
import type { Broker, ProtocolRequest } from '../../../../src/transport/kafka/internals.ts';
import { splitBatches } from '../../../../src/transport/kafka/protocol/batch.ts';
import { Reader } from '../../../../src/transport/kafka/protocol/reader.ts';
import { decodeRecords } from '../../../../src/transport/kafka/protocol/records.ts';
import { Writer } from '../../../../src/transport/kafka/protocol/writer.ts';

/**
 * What becomes of one request: answered; lost before it is read; answered with the answer lost; held
 * back and read after a later one, its answer lost; answered with an error for every partition, written or not.
 */
export type Fate =
  | { readonly type: 'answered' | 'lost' | 'unanswered' | 'late' | 'moved' }
  | { readonly type: 'error'; readonly code: number; readonly isWritten: boolean };

/** What a partition remembers of a producer. */
interface ProducerState {
  epoch: number;
  /** First sequence and count of its last five batches. */
  batches: (readonly [first: number, count: number])[];
}

interface Partition {
  leader: number;
  readonly values: string[];
  readonly producers: Map<number, ProducerState>;
}

const OK = 0;
const NOT_LEADER = 6;
const OUT_OF_ORDER = 45;
const OLD_EPOCH = 47;
const NODES = 2;

/** One topic's. */
export class FakeLeaders {
  readonly topic: string;
  readonly partitions: readonly Partition[];
  /** Told of each request to a node, says what becomes of it. */
  fate: (node: number) => Fate | Promise<Fate> = () => ({ type: 'answered' });
  /** What connections wait for before anything is sent. */
  connecting: Promise<void> = Promise.resolve();
  /** Refuses values that it says true of. */
  refuses: (value: string) => boolean = () => false;
  requests = 0;
  #late: Buffer[] = [];
  #producers = 0;

  constructor(topic: string, partitions: number) {
    this.topic = topic;
    this.partitions = Array.from({ length: partitions }, (_, i) => ({
      leader: i % NODES,
      values: [],
      producers: new Map<number, ProducerState>(),
    }));
  }

  /** What a producer and its identity ask. */
  readonly brokers: Pick<Brokers, 'metadata' | 'askNode' | 'askAny'> = {
    metadata: async () => ({
      brokers: [],
      topics: [
        {
          name: this.topic,
          error: 0,
          isInternal: false,
          partitions: this.partitions.map(({ leader }, partition) => ({ partition, leader })),
        },
      ],
    }),
    askNode: async (node, ask) => {
      await this.connecting;
      return ask(this.#broker(node));
    },
    askAny: (ask) => ask(this.#broker(0)),
  };

  #broker(node: number): Broker {
    const versions = { 0: { minVersion: 3, maxVersion: 12 }, 22: { minVersion: 0, maxVersion: 5 } };
    const send = async <Decoded, Answer>(asked: ProtocolRequest<Decoded, Answer>): Promise<Answer> => {
      const { buffer } = await asked.request.encode();
      await new Promise((resolve) => setImmediate(resolve));
      const answer =
        asked.request.apiKey === 0 ? await this.#produce(node, Buffer.from(buffer)) : this.#session();
      return asked.response.parse(await asked.response.decode(answer));
    };
    return { nodeId: node, versions, connectionPool: { send } } as unknown as Broker;
  }

  #session(): Buffer {
    this.#producers += 1;
    return new Writer().int32(0).int16(0).int64(this.#producers).int16(0).buffer;
  }

  async #produce(node: number, request: Buffer): Promise<Buffer> {
    this.requests += 1;
    const fate = await this.fate(node);
    const broken = Object.assign(new Error('lost'), { name: 'KafkaJSConnectionClosedError' });
    const late = this.#late;
    this.#late = [];
    switch (fate.type) {
      case 'lost':
        throw broken;
      case 'late':
        this.#late = [...late, request];
        throw broken;
      case 'moved':
        for (const partition of this.partitions) partition.leader = (partition.leader + 1) % NODES;
        break;
      case 'error':
        return this.#answer(request, (partition, batch) => {
          if (fate.isWritten) this.#append(node, partition, batch);
          return fate.code;
        });
      case 'answered':
      case 'unanswered':
    }
    const answer = this.#answer(request, (partition, batch) => this.#append(node, partition, batch));
    for (const held of late) this.#answer(held, (partition, batch) => this.#append(null, partition, batch));
    if (fate.type === 'unanswered') throw broken;
    return answer;
  }

  #answer(request: Buffer, codeOf: (partition: number, batch: Buffer) => number): Buffer {
    const reader = new Reader(request);
    reader.nullableString();
    reader.int16();
    reader.int32();
    const answers = reader
      .array(() => {
        reader.string();
        return reader.array(() => {
          const partition = reader.int32();
          return { partition, code: codeOf(partition, reader.bytes()) };
        });
      })
      .flat();
    const writer = new Writer();
    writer.array([this.topic], (topic) =>
      writer.string(topic).array(answers, ({ partition, code }) => {
        writer.int32(partition).int16(code).int64(0).int64(-1).int64(0);
      }),
    );
    return Buffer.from(writer.int32(0).buffer);
  }

  /** `node`: who was asked; null: whoever leads. */
  #append(node: number | null, index: number, bytes: Buffer): number {
    const partition = this.partitions[index];
    const [batch] = splitBatches(bytes, []).batches;
    if (partition === undefined || batch === undefined) throw new Error('a request that no producer makes');
    if (node !== null && partition.leader !== node) return NOT_LEADER;
    const values = decodeRecords(batch, { topic: this.topic, partition: index }, 0).map(({ value }) =>
      String(value),
    );
    if (values.some((value) => this.refuses(value))) return 87;
    const [id, epoch, first] = [
      Number(bytes.readBigInt64BE(43)),
      bytes.readInt16BE(51),
      bytes.readInt32BE(53),
    ];
    const verdict = judge(partition.producers.get(id), { epoch, first, count: values.length });
    if (verdict !== 'append') return verdict;
    const state = partition.producers.get(id);
    const batches = state?.epoch === epoch ? state.batches : [];
    partition.producers.set(id, { epoch, batches: [...batches, [first, values.length] as const].slice(-5) });
    partition.values.push(...values);
    return OK;
  }
}

function judge(
  state: ProducerState | undefined,
  { epoch, first, count }: { epoch: number; first: number; count: number },
): number | 'append' {
  if (state === undefined) return 'append';
  if (epoch < state.epoch) return OLD_EPOCH;
  if (epoch > state.epoch) return first === 0 ? 'append' : OUT_OF_ORDER;
  if (state.batches.some(([start, length]) => start === first && length === count)) return OK;
  const [lastFirst = 0, lastCount = 0] = state.batches.at(-1) ?? [];
  return first === lastFirst + lastCount ? 'append' : OUT_OF_ORDER;
}
