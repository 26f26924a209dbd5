/**
 * The simulated ports keep the contract of the real ones, as far as the suites fit: the simulated
 * world has all its topics from the start and reads them from their beginning, and its pool analyses
 * nothing. Time is driven here: whatever is due happens, one event a turn.
 */
import { setImmediate as settled } from 'node:timers/promises';
import type { Delivery, Publication } from '../../src/model/delivery.ts';
import { partitionOf } from '../../src/wire/partitioner.ts';
import { sinkContract } from '../contract/sink.ts';
import type { SourceHarness } from '../contract/source.ts';
import { sourceContract } from '../contract/source.ts';
import { transactionsContract } from '../contract/transactions.ts';
import { ABILITIES } from './abilities.ts';
import { Behaviours } from './behaviour.ts';
import { GroupStore } from './broker.ts';
import { ProcessClock, VirtualClock } from './clock.ts';
import type { PortContext } from './context.ts';
import { drawPlan } from './draw.ts';
import type { Faults } from './faults.ts';
import { NO_FAULTS } from './faults.ts';
import type { PartitionPlan, SimRecord } from './plan.ts';
import { recordOf } from './plan.ts';
import { SimRandom } from './random.ts';
import { DRAWING } from './seeds.ts';
import { SimSink } from './sink.ts';
import { SimSource } from './source.ts';
import { SimTransactions } from './transactions.ts';

const PARTITIONS = 4;
/** A stream in which a source is given all its partitions at once: the suite does not wait for more. */
const CHANCE = 'contract 6';

/** A clock that runs until `stop`. */
function drive(): { readonly clock: VirtualClock; readonly stop: () => void } {
  const clock = new VirtualClock();
  let runs = true;
  void (async () => {
    while (runs) {
      clock.step();
      await settled();
    }
  })();
  return {
    clock,
    stop: () => {
      runs = false;
    },
  };
}

/** A world of the suites: topics that grow, sources of their groups, what was written, and time that runs. */
class Stage {
  readonly #time = drive();
  readonly #topics = new Map<string, (PartitionPlan & { readonly records: SimRecord[] })[]>();
  readonly #stores = new Map<string, GroupStore>();
  readonly #written = new Map<string, Delivery[]>();
  /** The last of each group. */
  readonly sources = new Map<string, SimSource>();
  #faults = NO_FAULTS;
  #turn = 0;

  async append(topic: string, records: Parameters<SourceHarness['append']>[1]): Promise<void> {
    const partitions = this.#topic(topic);
    for (const record of records) {
      const number = record.key === null ? this.#turn++ % PARTITIONS : partitionOf(record.key, PARTITIONS);
      const partition = partitions[number];
      if (partition === undefined) continue;
      const place = { topic, partition: number, offset: partition.records.length };
      const delivery = { ...record, ...place };
      partition.records.push({
        id: recordOf(place),
        delivery,
        availableMs: 0,
        retriesMax: null,
        field: null,
      });
    }
  }

  source({ group, subscribes }: Parameters<SourceHarness['source']>[0]): SimSource {
    this.#topic('events');
    const partitions = [...this.#topics].filter(([topic]) => subscribes(topic)).flatMap(([, each]) => each);
    const store = this.#stores.get(group) ?? new GroupStore({ name: group, partitions });
    this.#stores.set(group, store);
    const source = new SimSource(store, this.surroundings());
    this.sources.set(group, source);
    return source;
  }

  async written(topic: string): Promise<readonly Delivery[]> {
    return this.#written.get(topic) ?? [];
  }

  /** From now on it strikes, until what is returned is called. */
  deal(faults: Partial<Faults>): () => void {
    this.#faults = { ...NO_FAULTS, ...faults };
    return () => (this.#faults = NO_FAULTS);
  }

  surroundings(): PortContext {
    const run = { seed: 1, drawing: DRAWING };
    const plan = drawPlan(run, new SimRandom(CHANCE), ABILITIES);
    return {
      plan,
      behaviours: new Behaviours(plan),
      clock: new ProcessClock(this.#time.clock),
      outside: new ProcessClock(this.#time.clock),
      random: new SimRandom(CHANCE),
      report: (fact) => {
        if (fact.type === 'written') this.#write(fact.publication);
      },
      faults: () => this.#faults,
      healed: () => true,
      dealtFatal: () => {},
    };
  }

  async close(): Promise<void> {
    this.#time.stop();
  }

  #topic(topic: string): (PartitionPlan & { readonly records: SimRecord[] })[] {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const made = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, records: [] }));
    this.#topics.set(topic, made);
    return made;
  }

  #write(publication: Publication): void {
    const ofTopic = this.#written.get(publication.topic) ?? [];
    this.#written.set(publication.topic, ofTopic);
    ofTopic.push({ ...publication, partition: 0, offset: ofTopic.length });
  }
}

const NAME = 'the simulated world';

sourceContract(
  NAME,
  async () => {
    const stage = new Stage();
    return {
      append: (topic, records) => stage.append(topic, records),
      source: (options) => stage.source(options),
      close: () => stage.close(),
    };
  },
  { exclusiveGroups: false, remembersStart: false, fixedTopics: true },
);

sinkContract(NAME, async () => {
  const stage = new Stage();
  return {
    sink: () => new SimSink(stage.surroundings()),
    written: (topic) => stage.written(topic),
    interrupt: () => stage.deal({ sinkFails: 0.5 }),
    recordBytesMax: null,
    close: () => stage.close(),
  };
});

transactionsContract(NAME, async () => {
  const stage = new Stage();
  return {
    append: (topic, records) => stage.append(topic, records),
    source: (options) => stage.source(options),
    transactions: () => new SimTransactions(stage.surroundings(), stage.sources),
    written: (topic) => stage.written(topic),
    interrupt: () => stage.deal({ sinkFails: 1 }),
    recordBytesMax: null,
    close: () => stage.close(),
  };
});
