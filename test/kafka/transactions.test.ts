/** Exactly once on a real broker: who is shut out writes nothing, and what is read committed is there once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { NotedPosition, Publication, TopicPartition } from '../../src/model/delivery.ts';
import type { KafkaClient } from '../../src/transport/kafka/client.ts';
import type { ProduceSettings, TransactionSettings } from '../../src/transport/kafka/settings.ts';
import { KafkaTransactions } from '../../src/transport/kafka/transactions.ts';
import { assertKeyOrder, numbered, numbers, publications, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import { consoleConsume, describeGroup } from '../helpers/kafka/java.ts';
import { skipClusters, useKafka } from '../helpers/kafka/use-kafka.ts';
import { Reader } from './consuming.ts';
import type { Trouble } from './producing.ts';
import { API, makeTopic, PRODUCE, readTopic, testClient, TRANSACTIONS, troubledClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const noJava = skip === false ? await skipClusters() : skip;

/** Topics and a group of their own. */
interface Site {
  readonly group: string;
  readonly input: string;
  readonly findings: string;
}

async function makeSite(): Promise<Site> {
  return { group: `g-${randomUUID()}`, input: await makeTopic(client), findings: await makeTopic(client) };
}

/** Closed with the test. */
function openTransactions(
  t: TestContext,
  options: {
    client?: KafkaClient;
    produce?: Partial<ProduceSettings>;
    transactions?: Partial<TransactionSettings>;
  } = {},
): KafkaTransactions {
  const transactions = new KafkaTransactions({
    client: options.client ?? client,
    produce: { ...PRODUCE, ...options.produce },
    transactions: { ...TRANSACTIONS, ...options.transactions },
    tell: () => undefined,
  });
  t.after(() => transactions.close());
  return transactions;
}

/** What a test switches on. */
function switched(): { readonly client: KafkaClient; trouble: Trouble } {
  const state = { client, trouble: (() => null) as Trouble };
  state.client = troubledClient(client, (apiKey) => state.trouble(apiKey));
  return state;
}

function place({ input }: Site, partition = 0): TopicPartition {
  return { topic: input, partition };
}

function at(site: Site, offset: number, partition = 0, metadata = ''): NotedPosition {
  return { ...place(site, partition), offset, metadata };
}

function batch({ findings }: Site, count: number, from = 0): Publication[] {
  return publications(findings, numbered(count, 10, from));
}

async function committed({ group, input }: Site): Promise<Record<number, string>> {
  const admin = client.kafka.admin();
  await admin.connect();
  try {
    const [topic] = await admin.fetchOffsets({ groupId: group, topics: [input] });
    return Object.fromEntries((topic?.partitions ?? []).map(({ partition, offset }) => [partition, offset]));
  } finally {
    await admin.disconnect();
  }
}

test(
  'a zombie that still believes to own a partition writes nothing; each finding is there once',
  { skip },
  async (t) => {
    const site = await makeSite();
    const zombie = openTransactions(t);
    const owner = openTransactions(t);
    await zombie.begin(site.group, [place(site)]);
    await zombie.transact({ group: site.group, positions: [at(site, 10)], publications: batch(site, 10) });

    await owner.begin(site.group, [place(site)]);
    const late = zombie.transact({
      group: site.group,
      positions: [at(site, 20)],
      publications: batch(site, 10, 10),
    });
    await assert.rejects(late, { code: 'E_FENCED', retriable: false });
    await owner.transact({ group: site.group, positions: [at(site, 20)], publications: batch(site, 10, 10) });
    const later = zombie.transact({
      group: site.group,
      positions: [at(site, 30)],
      publications: batch(site, 10, 20),
    });
    await assert.rejects(later, { code: 'E_FENCED' });
    await owner.transact({ group: site.group, positions: [at(site, 21)], publications: batch(site, 1, 20) });

    const written = await readTopic(client, site.findings);
    assert.deepEqual(sorted(numbers(written)), upTo(21));
    assertKeyOrder(written);
    assert.equal((await committed(site))[0], '21');
  },
);

test(
  'a zombie in the middle of a transaction is shut out: its findings do not count',
  { skip },
  async (t) => {
    const site = await makeSite();
    const stopped = switched();
    const zombie = openTransactions(t, { client: stopped.client });
    const owner = openTransactions(t);
    await zombie.begin(site.group, [place(site)]);
    // All is written, the end is not asked for yet: in that moment it stands still for long.
    stopped.trouble = (apiKey) =>
      apiKey === API.endTransaction ? owner.begin(site.group, [place(site)]) : null;

    const attempt = zombie.transact({
      group: site.group,
      positions: [at(site, 10)],
      publications: batch(site, 10),
    });
    await assert.rejects(attempt, { code: 'E_FENCED', retriable: false });
    await owner.transact({ group: site.group, positions: [at(site, 10)], publications: batch(site, 10) });

    assert.deepEqual(sorted(numbers(await readTopic(client, site.findings))), upTo(10));
    assert.equal((await committed(site))[0], '10');
  },
);

test(
  'a partition that is taken from its owner by one who has it no more is let go by both, and read on by its owner',
  { skip },
  async (t) => {
    const site = await makeSite();
    const zombie = openTransactions(t);
    const owner = openTransactions(t);
    const reader = new Reader(client, {
      group: site.group,
      subscribes: (topic) => topic === site.input,
      beforeReading: (places) => owner.begin(site.group, places),
      afterReading: (places) => owner.forget(site.group, places),
    });
    await reader.open();
    t.after(() => reader.close());
    const name = `${site.input}/0`;
    await eventually('the owner has it', () => reader.held.has(name));
    await zombie.begin(site.group, [place(site)]);
    const write = (count: number): Promise<unknown> =>
      owner.transact({
        group: site.group,
        positions: [at(site, count)],
        publications: batch(site, count),
      });
    await assert.rejects(write(10), { code: 'E_FENCED' });

    reader.source.fenced([place(site)]);
    const places = (type: string): number =>
      reader.sights.filter((sight) => sight.type === type && 'places' in sight && sight.places.includes(name))
        .length;
    await eventually('it has it anew', () => places('assigned') === 2);
    await write(10);

    assert.equal(places('revoked'), 1);
    assert.deepEqual(sorted(numbers(await readTopic(client, site.findings))), upTo(10));
    await assert.rejects(
      zombie.transact({ group: site.group, positions: [at(site, 20)], publications: batch(site, 1) }),
      { code: 'E_FENCED' },
    );
  },
);

test('lost answers of every request are asked for again; each finding is there once', { skip }, async (t) => {
  const site = await makeSite();
  const apis = [
    API.initProducerId,
    API.addPartitions,
    API.addOffsets,
    API.commitOffsets,
    API.produce,
    API.endTransaction,
  ];
  const seen = new Map<number, number>();
  const trouble: Trouble = (apiKey) => {
    if (!apis.includes(apiKey as (typeof apis)[number])) return null;
    const times = (seen.get(apiKey) ?? 0) + 1;
    seen.set(apiKey, times);
    return times % 3 === 1 ? 'unanswered' : times % 3 === 2 ? 'unsent' : null;
  };
  const transactions = openTransactions(t, { client: troubledClient(client, trouble) });
  await transactions.begin(site.group, [place(site)]);

  for (const i of upTo(10)) {
    const results = await transactions.transact({
      group: site.group,
      positions: [at(site, i + 1)],
      publications: batch(site, 10, i * 10),
    });
    assert.ok(results.every((result) => result === null));
  }

  const written = await readTopic(client, site.findings);
  assert.deepEqual(sorted(numbers(written)), upTo(100));
  assertKeyOrder(written);
  assert.equal((await committed(site))[0], '10');
});

test(
  'a commit whose answer does not come in time is an unknown outcome, and no retriable one',
  { skip },
  async (t) => {
    const site = await makeSite();
    const stopped = switched();
    const transactions = openTransactions(t, { client: stopped.client, produce: { timeoutMs: 1000 } });
    await transactions.begin(site.group, [place(site)]);
    stopped.trouble = (apiKey) => (apiKey === API.endTransaction ? 'unanswered' : null);

    const attempt = transactions.transact({
      group: site.group,
      positions: [at(site, 5)],
      publications: batch(site, 5),
    });

    await assert.rejects(attempt, { code: 'E_TRANSACTION_UNKNOWN', retriable: false });
  },
);

for (const [name, api] of Object.entries(API).filter(
  ([, key]) => key >= API.addPartitions && key !== API.endTransaction,
)) {
  test(
    `a transaction that fails at ${name} writes nothing, and is written once when it is tried again`,
    { skip },
    async (t) => {
      const site = await makeSite();
      const stopped = switched();
      const transactions = openTransactions(t, { client: stopped.client, produce: { timeoutMs: 1000 } });
      await transactions.begin(site.group, [place(site)]);
      const transaction = { group: site.group, positions: [at(site, 5)], publications: batch(site, 5) };

      stopped.trouble = (apiKey) => (apiKey === api ? 'unanswered' : null);
      await assert.rejects(transactions.transact(transaction), { name: 'EngineError', retriable: true });
      stopped.trouble = () => null;
      await transactions.transact(transaction);

      assert.deepEqual(sorted(numbers(await readTopic(client, site.findings))), upTo(5));
      assert.equal((await committed(site))[0], '5');
    },
  );
}

test(
  'a finding that the broker refuses is refused for good, the others for now, and nothing is written',
  { skip },
  async (t) => {
    const small = await makeTopic(client, { config: { 'max.message.bytes': '2000' } });
    const site = { ...(await makeSite()), findings: small };
    const transactions = openTransactions(t);
    await transactions.begin(site.group, [place(site)]);
    const large = { topic: small, key: null, value: Buffer.alloc(3000), headers: [], timestampMs: 1 };
    const positions = [at(site, 3)];

    const refused = await transactions.transact({
      group: site.group,
      positions,
      publications: [...batch(site, 2), large],
    });
    const nothing = await readTopic(client, small);
    await transactions.transact({ group: site.group, positions, publications: batch(site, 2) });

    assert.deepEqual(
      refused.map((result) => [result?.code, result?.retriable]),
      [
        ['E_TRANSACTION_ABORTED', true],
        ['E_TRANSACTION_ABORTED', true],
        ['E_RECORD_TOO_LARGE', false],
      ],
    );
    assert.deepEqual(nothing, []);
    assert.deepEqual(sorted(numbers(await readTopic(client, small))), upTo(2));
  },
);

test('partitions of a group transact side by side', { skip }, async (t) => {
  const site = await makeSite();
  const transactions = openTransactions(t);
  const partitions = upTo(4);
  await transactions.begin(
    site.group,
    partitions.map((partition) => place(site, partition)),
  );

  await Promise.all(
    partitions.map(async (partition) => {
      for (const i of upTo(10))
        await transactions.transact({
          group: site.group,
          positions: [at(site, i + 1, partition, `note ${i}`)],
          publications: publications(site.findings, numbered(5, 1, partition * 50 + i * 5)),
        });
    }),
  );

  assert.deepEqual(sorted(numbers(await readTopic(client, site.findings))), upTo(200));
  assert.deepEqual(await committed(site), { 0: '10', 1: '10', 2: '10', 3: '10' });
});

test(
  'more partitions than the limit are refused by name, and none of them is taken over',
  { skip },
  async (t) => {
    const site = await makeSite();
    const transactions = openTransactions(t, { transactions: { partitionsMax: 2 } });
    await transactions.begin(site.group, [place(site, 0), place(site, 1)]);

    const third = transactions.begin(site.group, [place(site, 2)]);

    await assert.rejects(third, { code: 'E_KAFKA_PARTITIONS', message: /PartitionsMax is 2/ });
    transactions.forget(site.group, [place(site, 0)]);
    await transactions.begin(site.group, [place(site, 2)]);
  },
);

test(
  'the Java consumer reads committed findings once, and its tools see the positions',
  { skip: noJava },
  async (t) => {
    const site = await makeSite();
    const [zombie, owner] = [openTransactions(t), openTransactions(t)];
    await zombie.begin(site.group, [place(site)]);
    await zombie.transact({ group: site.group, positions: [at(site, 5)], publications: batch(site, 5) });
    await owner.begin(site.group, [place(site)]);
    await zombie
      .transact({ group: site.group, positions: [at(site, 10)], publications: batch(site, 5, 5) })
      .catch(() => undefined);
    await owner.transact({ group: site.group, positions: [at(site, 10)], publications: batch(site, 5, 5) });

    const read = await consoleConsume({
      brokers,
      topic: site.findings,
      count: 10,
      isolation: 'read_committed',
    });
    const described = await describeGroup(site.group, { brokers });

    assert.deepEqual(sorted(read.map(({ value }) => Number(String(value)))), upTo(10));
    assert.equal(described.find(({ partition }) => partition === 0)?.committed, 10);
  },
);
