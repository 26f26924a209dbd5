/** What a feeder in a process of its own is told, and answers. Plain data. */
import type { Pace, Paced } from './pace.ts';
import type { FeedPlan } from './plan.ts';

/** Where it writes. */
export type FeedTarget =
  | { readonly kind: 'kafka'; readonly brokers: readonly string[] }
  | { readonly kind: 'log'; readonly dir: string };

/** One at a time; each is answered. The first is `open`. */
export type FeedCommand =
  | {
      readonly type: 'open';
      readonly target: FeedTarget;
      readonly topic: string;
      readonly plan: FeedPlan;
    }
  | { readonly type: 'prepare'; readonly count: number }
  | { readonly type: 'send'; readonly count: number }
  | { readonly type: 'pace'; readonly pace: Pace }
  | { readonly type: 'close' };

/** What came of it. */
export type FeedAnswer =
  | { readonly type: 'done' }
  | { readonly type: 'paced'; readonly paced: Paced }
  | { readonly type: 'failed'; readonly message: string };
