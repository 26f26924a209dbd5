/**
 * `make chaos-kafka`: groups of the running command on a cluster of three real brokers, under every
 * fault, in both modes by turns. Without Java or Maven it says so and leaves with 0, under CI=true with 1.
 *
 *   node test/chaos-kafka/main.ts [--minutes 10] [--seed N] [--keep]
 */
import type { Campaign, Setting } from '../chaos/campaign.ts';
import { runCampaign } from '../chaos/campaign.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { skipClusters } from '../helpers/kafka/use-kafka.ts';
import { Brokers } from './brokers.ts';
import { FAULTS } from './faults.ts';
import { Site } from './site.ts';

async function plan({ dir, seed, isShort, end }: Setting): Promise<Campaign<Site>> {
  const brokers = await Brokers.open(await startKafka({ nodes: 3 }));
  end.after(() => brokers.close());
  const sessionMs = isShort ? 3000 : 6000;
  const options = { dir, seed, brokers, sessionMs, rate: isShort ? 300 : 2000 };
  return {
    sites: [new Site('at-least-once', options), new Site('exactly-once', options)],
    faults: FAULTS,
    kinds: FAULTS.map(({ kind }) => kind),
    kindsShare: isShort ? 0 : 1,
    dealer: { stopMs: isShort ? 3000 : 10_000 },
    gapMs: isShort ? 500 : 2000,
  };
}

const skipped = await skipClusters();
if (skipped === false) await runCampaign('chaos-kafka', plan);
else console.log(`chaos-kafka: skipped, ${skipped}`);
