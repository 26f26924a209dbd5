import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Source } from '../../src/ports/source.ts';
import type { SourceHarness } from '../contract/source.ts';
import { sourceContract } from '../contract/source.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import { append, makeSource } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);

/** Topics and groups by names of one test. */
async function makeHarness(): Promise<SourceHarness> {
  const prefix = `${randomUUID()}-`;
  const made = new Set<string>();
  const sources: Source[] = [];
  return {
    append: async (topic, records) => {
      const name = prefix + topic;
      if (!made.has(name)) await makeTopic(client, { name });
      made.add(name);
      await append(client, name, records);
    },
    source: ({ group, subscribes, from }) => {
      const source = makeSource(client, {
        group: prefix + group,
        subscribes: (topic) => topic.startsWith(prefix) && subscribes(topic.slice(prefix.length)),
        from,
      });
      sources.push(source);
      return renamed(source, prefix);
    },
    close: async () => {
      for (const source of sources) await source.close();
    },
  };
}

/** A source to which topics have the names that the suite gives them. */
function renamed(source: Source, prefix: string): Source {
  const own = <T extends { readonly topic: string }>(each: T): T => ({ ...each, topic: prefix + each.topic });
  const theirs = <T extends { readonly topic: string }>(each: T): T => ({
    ...each,
    topic: each.topic.slice(prefix.length),
  });
  return {
    open: (listener) =>
      source.open({
        assigned: (partitions) => listener.assigned(partitions.map(theirs)),
        revoked: (partitions) => listener.revoked(partitions.map(theirs)),
      }),
    pull: async (limit) => {
      const paused = (topic: string, partition: number): boolean =>
        limit.paused(topic.slice(prefix.length), partition);
      return (await source.pull({ ...limit, paused })).map(theirs);
    },
    commit: (positions) => source.commit(positions.map(own)),
    fenced: (partitions) => source.fenced(partitions),
    backlog: async () => (await source.backlog()).map(theirs),
    close: () => source.close(),
  };
}

if (skip === false) sourceContract('kafka', makeHarness, { exclusiveGroups: false, remembersStart: true });
else test('kafka as a source', { skip }, () => undefined);
