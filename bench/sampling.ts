/**
 * Samples of all threads of a run at once: what each spends its time on (garbage collection among it), and
 * how many bytes it allocates per event. The run is one of its own, for sampling takes time.
 *
 * Which source, of those that Node 24 has: an inspector session of the main thread reaches every worker
 * (`NodeWorker`), whoever made it, and asks for the CPU profile and the heap's samples with the objects that
 * have been collected since. `--cpu-prof` counts from the start of the process, and so does `--trace-gc`;
 * `worker.startHeapProfile` of 24.21 leaves out what was collected, and V8's statistics have no sum of what
 * was allocated. Allocated is what lies on V8's heap: contents of buffers lie outside.
 *
 * V8 collects in parallel: `gc` is the thread's own part, the helpers' is `v8` in the CPU by kind of thread.
 */
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { App } from '../src/app.ts';
import type { Probe } from '../src/ports/probe.ts';
import type { StageShares, WorkerShares } from './stages.ts';
import { INTERVAL_US, stageShares, workerShares } from './stages.ts';

/** What the threads did between a fifth and nine tenths of the events. */
export interface Sampled {
  readonly events: number;
  readonly main: ThreadSamples<StageShares>;
  readonly workers: ThreadSamples<WorkerShares>;
  /** `null` where the main thread writes. */
  readonly publisher: ThreadSamples<StageShares> | null;
}

/** One thread, or all of a kind. */
export interface ThreadSamples<Shares> {
  /** Of the time in which it did anything. */
  readonly shares: Shares;
  readonly allocatedBytesPerEvent: number;
}

/** Raw samples, to be kept for other tools. */
export interface ThreadProfile {
  readonly thread: ThreadName;
  readonly cpu: Profiler.Profile;
  readonly allocatedBytes: number;
}

type ThreadName = 'main' | 'worker' | 'publisher';

/** Asks a thread's inspector; `null` when the thread has ended. */
type Ask = (method: string, params?: object) => Promise<unknown>;

const FROM_SHARE = 0.2;
const UNTIL_SHARE = 0.9;
/** One object in so many bytes. */
const HEAP_SAMPLE_BYTES = 131_072;

/** Runs an app over `count` events and takes samples of all its threads. */
export async function sampleRun(
  count: number,
  open: (probe: Probe) => Promise<App>,
): Promise<{ readonly sampled: Sampled; readonly profiles: readonly ThreadProfile[] }> {
  const sampler = new Sampler();
  try {
    await sampler.connect();
    const stretch = new Stretch(sampler, count);
    const app = await open(stretch.probe);
    await app.run();
    const { profiles, events } = await stretch.ended;
    return { sampled: summary(profiles, events), profiles };
  } finally {
    sampler.close();
  }
}

/** Begins and ends sampling by what is finished. */
class Stretch {
  readonly #sampler: Sampler;
  readonly #count: number;
  readonly #ended = Promise.withResolvers<{ profiles: readonly ThreadProfile[]; events: number }>();
  #finished = 0;
  #first = 0;
  #begun: Promise<void> | null = null;
  #isEnding = false;

  constructor(sampler: Sampler, count: number) {
    this.#sampler = sampler;
    this.#count = count;
    this.#ended.promise.catch(() => undefined); // the run is waited for first
  }

  get ended(): Promise<{ readonly profiles: readonly ThreadProfile[]; readonly events: number }> {
    return this.#ended.promise;
  }

  readonly probe: Probe = (event) => {
    if (event.type === 'finished') this.#finished += event.withFindings + event.silent + event.deadLettered;
    if (this.#finished >= FROM_SHARE * this.#count) this.#begun ??= this.#begin();
    if (event.type === 'drained' || this.#finished >= UNTIL_SHARE * this.#count) this.#end();
  };

  async #begin(): Promise<void> {
    await this.#sampler.start();
    this.#first = this.#finished;
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#take().then(this.#ended.resolve, this.#ended.reject);
  }

  async #take(): Promise<{ profiles: readonly ThreadProfile[]; events: number }> {
    await this.#begun;
    const events = this.#finished - this.#first;
    return { profiles: await this.#sampler.stop(), events };
  }
}

/** The inspectors of all threads of this process. */
class Sampler {
  readonly #session = new Session();
  readonly #threads = new Map<string, { readonly thread: ThreadName; readonly ask: Ask }>();
  /** By worker and number of the question. */
  readonly #waiting = new Map<string, (answer: unknown) => void>();
  #asked = 0;

  async connect(): Promise<void> {
    this.#session.connect();
    const ask: Ask = (method, params) => this.#session.post(method, params);
    this.#threads.set('main', { thread: 'main', ask });
    this.#session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      const thread = workerInfo.url.includes('publish') ? 'publisher' : 'worker';
      this.#threads.set(sessionId, { thread, ask: this.#askWorker.bind(this, sessionId) });
    });
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
      const { id, result, error } = JSON.parse(message) as { id?: number; result?: object; error?: object };
      this.#answer(`${sessionId}:${id}`, error === undefined ? result : null);
    });
    this.#session.on('NodeWorker.detachedFromWorker', ({ params: { sessionId } }) => {
      this.#threads.delete(sessionId);
      for (const key of this.#waiting.keys()) if (key.startsWith(`${sessionId}:`)) this.#answer(key, null);
    });
    await this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  async start(): Promise<void> {
    await this.#all(async ({ ask }) => {
      await ask('Profiler.enable');
      await ask('Profiler.setSamplingInterval', { interval: INTERVAL_US });
      await ask('Profiler.start');
      await ask('HeapProfiler.startSampling', {
        samplingInterval: HEAP_SAMPLE_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
    });
  }

  async stop(): Promise<readonly ThreadProfile[]> {
    const profiles: ThreadProfile[] = [];
    await this.#all(async ({ thread, ask }) => {
      const cpu = (await ask('Profiler.stop')) as { profile: Profiler.Profile } | null;
      const heap = (await ask('HeapProfiler.stopSampling')) as SampledHeap | null;
      if (cpu === null || heap === null) return;
      const allocatedBytes = heap.profile.samples.reduce((total, { size }) => total + size, 0);
      profiles.push({ thread, cpu: cpu.profile, allocatedBytes });
    });
    return profiles;
  }

  close(): void {
    this.#session.disconnect();
  }

  async #all(work: (of: { readonly thread: ThreadName; readonly ask: Ask }) => Promise<void>): Promise<void> {
    await Promise.all([...this.#threads.values()].map(work));
  }

  async #askWorker(sessionId: string, method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#asked;
    const answer = new Promise<unknown>((resolve) => this.#waiting.set(`${sessionId}:${id}`, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    return answer;
  }

  #answer(key: string, answer: unknown): void {
    this.#waiting.get(key)?.(answer);
    this.#waiting.delete(key);
  }
}

/** What the types of Node leave out: one entry for each sample. */
interface SampledHeap {
  readonly profile: { readonly samples: readonly { readonly size: number }[] };
}

/** Pure. Throws when there is no sample of the main thread or of a worker: the run was too short. */
export function summary(profiles: readonly ThreadProfile[], events: number): Sampled {
  const of = (wanted: ThreadName): readonly ThreadProfile[] =>
    profiles.filter(({ thread }) => thread === wanted);
  const bytes = (threads: readonly ThreadProfile[]): number =>
    threads.reduce((total, { allocatedBytes }) => total + allocatedBytes, 0) / Math.max(1, events);
  const [main, publisher] = [of('main')[0], of('publisher')[0]];
  if (main === undefined) throw new Error('the main thread was not sampled');
  const workers = of('worker');
  return {
    events,
    main: { shares: stageShares(main.cpu), allocatedBytesPerEvent: bytes([main]) },
    workers: {
      shares: workerShares(workers.map(({ cpu }) => cpu)),
      allocatedBytesPerEvent: bytes(workers),
    },
    publisher:
      publisher === undefined
        ? null
        : { shares: stageShares(publisher.cpu), allocatedBytesPerEvent: bytes([publisher]) },
  };
}
