import { logOptions, openFlakyLog, readAll, temporaryDir } from '../helpers/log.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { sinkContract } from './sink.ts';
import { sourceContract } from './source.ts';
import { transactionsContract } from './transactions.ts';

for (const durability of ['disk', 'process'] as const) {
  sourceContract(
    `log (${durability})`,
    async () => {
      const { dir, remove } = temporaryDir();
      const store = await openLog(logOptions(dir, { durability }));
      return {
        append: (topic, records) => store.append(topic, records),
        source: (options) => store.source(options),
        close: async () => {
          await store.close();
          remove();
        },
      };
    },
    { exclusiveGroups: true, remembersStart: true },
  );

  sinkContract(`log (${durability})`, async () => {
    const log = await openFlakyLog({ durability });
    return {
      sink: () => log.store.sink(),
      written: (topic) => readAll(log.store, topic),
      interrupt: () => {
        let transactions = 0;
        log.loses = () => transactions++ === 1;
        return () => (log.loses = () => false);
      },
      recordBytesMax: 64 * 1024,
      close: () => log.close(),
    };
  });

  transactionsContract(`log (${durability})`, async () => {
    const log = await openFlakyLog({ durability });
    return {
      append: (topic, records) => log.store.append(topic, records),
      source: (options) => log.store.source(options),
      transactions: () => log.store.transactions(),
      written: (topic) => readAll(log.store, topic),
      interrupt: () => {
        log.loses = () => true;
        return () => (log.loses = () => false);
      },
      recordBytesMax: 64 * 1024,
      close: () => log.close(),
    };
  });
}
