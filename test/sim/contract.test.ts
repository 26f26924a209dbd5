/**
 * The simulated ports keep the contract of the real ones, as far as the suites fit: the simulated
 * world has all its topics from the start and reads them from their beginning, and its pool analyses
 * nothing. Time is driven here: whatever is due happens, one event a turn.
 */
import { setImmediate as settled } from 'node:timers/promises';
import type { Delivery } from '../../src/model/delivery.ts';
import { partitionOf } from '../../src/wire/partitioner.ts';
import { sinkContract } from '../contract/sink.ts';
import { sourceContract } from '../contract/source.ts';
import { ABILITIES } from './abilities.ts';
import { Behaviours } from './behaviour.ts';
import { GroupStore } from './broker.ts';
import { ProcessClock, VirtualClock } from './clock.ts';
import type { PortContext } from './context.ts';
import { drawPlan } from './draw.ts';
import type { Fact } from './facts.ts';
import { NO_FAULTS } from './faults.ts';
import type { PartitionPlan, SimRecord } from './plan.ts';
import { recordOf } from './plan.ts';
import { SimRandom } from './random.ts';
import { DRAWING } from './seeds.ts';
import { SimSink } from './sink.ts';
import { SimSource } from './source.ts';

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

/** The surroundings of a port in a world without faults, but for those that `over` sets. */
function surroundings(clock: VirtualClock, over: Partial<PortContext>): PortContext {
  const run = { seed: 1, drawing: DRAWING };
  const plan = drawPlan(run, new SimRandom(CHANCE), ABILITIES);
  return {
    plan,
    behaviours: new Behaviours(plan),
    clock: new ProcessClock(clock),
    outside: new ProcessClock(clock),
    random: new SimRandom(CHANCE),
    report: () => {},
    faults: () => NO_FAULTS,
    healed: () => true,
    dealtFatal: () => {},
    ...over,
  };
}

sourceContract(
  'the simulated world',
  async () => {
    const { clock, stop } = drive();
    const topics = new Map<string, (PartitionPlan & { readonly records: SimRecord[] })[]>();
    const stores = new Map<string, GroupStore>();
    const topicOf = (topic: string): (PartitionPlan & { readonly records: SimRecord[] })[] => {
      const known = topics.get(topic);
      if (known !== undefined) return known;
      const made = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, records: [] }));
      topics.set(topic, made);
      return made;
    };
    let turn = 0;
    return {
      async append(topic, records) {
        const partitions = topicOf(topic);
        for (const record of records) {
          const number = record.key === null ? turn++ % PARTITIONS : partitionOf(record.key, PARTITIONS);
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
      },
      source({ group, subscribes }) {
        topicOf('events');
        const partitions = [...topics].filter(([topic]) => subscribes(topic)).flatMap(([, each]) => each);
        const store = stores.get(group) ?? new GroupStore({ name: group, partitions });
        stores.set(group, store);
        return new SimSource(store, surroundings(clock, {}));
      },
      async close() {
        stop();
      },
    };
  },
  { exclusiveGroups: false, remembersStart: false, fixedTopics: true },
);

sinkContract('the simulated world', async () => {
  const { clock, stop } = drive();
  const written = new Map<string, Delivery[]>();
  let faults = NO_FAULTS;
  const report = (fact: Fact): void => {
    if (fact.type !== 'written') return;
    const { topic } = fact.publication;
    const ofTopic = written.get(topic) ?? [];
    written.set(topic, ofTopic);
    ofTopic.push({ ...fact.publication, partition: 0, offset: ofTopic.length });
  };
  return {
    sink: () => new SimSink(surroundings(clock, { report, faults: () => faults })),
    written: async (topic) => written.get(topic) ?? [],
    interrupt: () => {
      faults = { ...NO_FAULTS, sinkFails: 0.5 };
      return () => (faults = NO_FAULTS);
    },
    recordBytesMax: null,
    async close() {
      stop();
    },
  };
});
