import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { MemorySource } from '../../src/transport/memory/source.ts';
import { sinkContract } from './sink.ts';
import { sourceContract } from './source.ts';

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
  { exclusiveGroups: true },
);

sinkContract('memory', async () => {
  const broker = new MemoryBroker({ partitions: 4 });
  return {
    sink: () => new MemorySink({ broker }),
    written: async (topic) =>
      broker
        .topic(topic)
        .flatMap((records) => Array.from({ length: records.length }, (_, offset) => records.at(offset))),
    interrupt: null,
    recordBytesMax: null,
    close: async () => {},
  };
});
