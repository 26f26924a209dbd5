import type { Delivery } from '../../src/model/delivery.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { MemorySource } from '../../src/transport/memory/source.ts';
import { MemoryTransactions } from '../../src/transport/memory/transactions.ts';
import { sinkContract } from './sink.ts';
import { sourceContract } from './source.ts';
import { transactionsContract } from './transactions.ts';

sourceContract(
  'memory',
  async () => {
    const broker = new MemoryBroker({ partitions: 4 });
    return {
      append: async (topic, records) => broker.append(topic, records),
      source: (options) => new MemorySource({ broker, ...options }),
      close: async () => {},
    };
  },
  { exclusiveGroups: true, remembersStart: false },
);

sinkContract('memory', async () => {
  const broker = new MemoryBroker({ partitions: 4 });
  return {
    sink: () => new MemorySink({ broker }),
    written: async (topic) => written(broker, topic),
    interrupt: null,
    recordBytesMax: null,
    close: async () => {},
  };
});

transactionsContract('memory', async () => {
  const broker = new MemoryBroker({ partitions: 4 });
  return {
    append: async (topic, records) => broker.append(topic, records),
    source: (options) => new MemorySource({ broker, ...options }),
    transactions: () => new MemoryTransactions(broker),
    written: async (topic) => written(broker, topic),
    interrupt: null,
    recordBytesMax: null,
    close: async () => {},
  };
});

function written(broker: MemoryBroker, topic: string): Delivery[] {
  return broker
    .topic(topic)
    .flatMap((records) => Array.from({ length: records.length }, (_, offset) => records.at(offset)));
}
