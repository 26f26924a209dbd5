/**
 * `make chaos`: the running command under every fault, in both modes by turns, over the embedded log.
 *
 *   node test/chaos/main.ts [--minutes 10] [--seed N] [--keep]
 */
import type { Campaign, Setting } from './campaign.ts';
import { runCampaign } from './campaign.ts';
import { FAULTS, FULL_DISK } from './faults.ts';
import { Site } from './site.ts';

async function plan({ isShort, ...setting }: Setting): Promise<Campaign<Site>> {
  const sites = [new Site('at-least-once', setting), new Site('exactly-once', setting)] as const;
  const noDisk = sites.find((site) => site.noDisk !== null)?.noDisk ?? null;
  if (noDisk !== null) console.log(`chaos: no disk is filled up: ${noDisk}`);
  const [kill, ...others] = FAULTS;
  return {
    sites,
    faults: [kill, ...others.filter((fault) => noDisk === null || fault !== FULL_DISK)],
    kinds: FAULTS.map(({ kind }) => kind),
    kindsShare: 1,
    dealer: { stopMs: isShort ? 3000 : 20_000 },
    gapMs: isShort ? 500 : 3000,
  };
}

await runCampaign('chaos', plan);
