/** Draws the topics' partitions and records: keys, gaps, sizes and arrival are one shape for the run. */
import type { Delivery, Header } from '../../src/model/delivery.ts';
import { EPOCH_MS } from './clock.ts';
import type { PartitionPlan, SimRecord } from './plan.ts';
import { FIELD, ID_HEADER, recordOf } from './plan.ts';
import type { SimRandom } from './random.ts';

/** Retries that a header may ask for, as the documentation of `faultline-retry-max` has it. */
const RETRY_MAX_BOUND = 100;

/** Texts of `faultline-retry-max` and what each asks for: a whole number up to the bound, else nothing. */
const RETRY_HEADERS: readonly (readonly [text: string, retriesMax: number | null])[] = [
  ['0', 0],
  ['1', 1],
  ['5', 5],
  ['007', 7],
  ['250', RETRY_MAX_BOUND],
  ['999999999', RETRY_MAX_BOUND],
  ['9'.repeat(30), null],
  ['-1', null],
  ['2.5', null],
  ['0x3', null],
  ['many', null],
  ['', null],
];

/** When records arrive: there from the start, over the time of chaos, in bursts, or all at its end. */
type Arrival = 'even' | 'bursts' | 'flood';

/** What all partitions of a run have in common. */
interface Shape {
  readonly drawing: number;
  readonly key: (random: SimRandom) => string | null;
  readonly gapChance: number;
  readonly gapMax: number;
  readonly largeChance: number;
  readonly largeMax: number;
  /** Of the records, the share that is there from the start. */
  readonly readyShare: number;
  readonly arrival: Arrival;
  readonly headerChance: number;
  readonly chaosMs: number;
}

/** The partitions of the topics, one to three each. */
export function drawPartitions(
  random: SimRandom,
  topics: readonly string[],
  { chaosMs, drawing }: { readonly chaosMs: number; readonly drawing: number },
): PartitionPlan[] {
  const shape: Shape = {
    drawing,
    key: drawKeys(random),
    gapChance: random.chance(0.4) ? random.next() * 0.3 : 0,
    gapMax: 5,
    largeChance: random.chance(0.3) ? 0.03 : 0,
    largeMax: 50_000,
    readyShare: random.pick([1, 0.5, 0]),
    arrival: 'even',
    headerChance: 0,
    chaosMs,
  };
  const whole = drawing < 2 ? shape : { ...shape, ...drawSecondShape(random.child('2')) };
  return topics.flatMap((topic) =>
    Array.from({ length: random.int(1, 3) }, (_, partition) => ({
      topic,
      partition,
      records: drawRecords(random.child(`${topic}/${partition}`), { topic, partition }, whole),
    })),
  );
}

function drawSecondShape(random: SimRandom): Partial<Shape> {
  return {
    gapMax: random.pick([5, 5, 300, 1e12]),
    largeMax: random.pick([50_000, 50_000, 400_000]),
    arrival: random.pick(['even', 'even', 'bursts', 'flood']),
    headerChance: random.chance(0.3) ? 0.1 : 0,
  };
}

/** Uniform, Zipf or one hot key, with a share of null keys. */
function drawKeys(random: SimRandom): (random: SimRandom) => string | null {
  const keys = random.int(1, 30);
  const nullShare = random.pick([0, 0, 0.2, 1]);
  const rule = random.pick(['uniform', 'zipf', 'hot']);
  return (record) => {
    if (record.chance(nullShare)) return null;
    if (rule === 'hot' && record.chance(0.8)) return 'k0';
    // Inverse of the continuous Zipf law with exponent 1: rank = keys^u.
    if (rule === 'zipf') return `k${Math.floor(keys ** record.next()) - 1}`;
    return `k${record.int(0, keys - 1)}`;
  };
}

function drawRecords(
  random: SimRandom,
  { topic, partition }: { topic: string; partition: number },
  shape: Shape,
): SimRecord[] {
  const count = random.int(0, 120);
  const arrivals = Array.from({ length: count }, () =>
    random.chance(shape.readyShare) ? 0 : random.int(0, shape.chaosMs),
  )
    .map((evenMs) => arrivalMs(evenMs, shape))
    .toSorted((a, b) => a - b);
  const extras = random.child('extras');
  let offset = random.chance(0.5) ? 0 : random.int(1, 5000);
  return arrivals.map((availableMs) => {
    if (random.chance(shape.gapChance)) offset += random.int(1, shape.gapMax);
    const key = shape.key(random);
    const paddingLength = random.chance(shape.largeChance)
      ? random.int(1000, shape.largeMax)
      : random.int(0, 200);
    const place = { topic, partition, offset: offset++ };
    const drawn = { key, paddingLength, availableMs };
    return shape.drawing < 2 ? makeRecord(place, drawn) : makeRecord(place, drawn, drawExtras(extras, shape));
  });
}

/** An even arrival bent to the run's pattern: four bursts, or silence and then all at once. */
function arrivalMs(evenMs: number, { arrival, chaosMs }: Shape): number {
  if (arrival === 'even' || evenMs === 0) return evenMs;
  if (arrival === 'flood') return Math.floor(chaosMs * 0.8);
  return Math.floor((evenMs / chaosMs) * 4) * Math.floor(chaosMs / 4);
}

/** What a record has from the second drawing on. */
interface Extras {
  readonly retry: (typeof RETRY_HEADERS)[number] | null;
  readonly field: string | null;
}

function drawExtras(random: SimRandom, { headerChance }: Shape): Extras {
  const field = random.chance(0.1) ? null : String(random.int(-3, 20));
  return { field, retry: random.chance(headerChance) ? random.pick(RETRY_HEADERS) : null };
}

function makeRecord(
  place: Pick<Delivery, 'topic' | 'partition' | 'offset'>,
  drawn: { key: string | null; paddingLength: number; availableMs: number },
  extras: Extras | null = null,
): SimRecord {
  const id = recordOf(place);
  const headers: Header[] = [[ID_HEADER, Buffer.from(id)]];
  const retry = extras?.retry ?? null;
  if (retry !== null) headers.push(['faultline-retry-max', Buffer.from(retry[0])]);
  return {
    id,
    availableMs: drawn.availableMs,
    retriesMax: retry?.[1] ?? null,
    field: extras?.field ?? null,
    delivery: {
      ...place,
      key: drawn.key === null ? null : Buffer.from(drawn.key),
      value: Buffer.from(valueOf(id, drawn.paddingLength, extras)),
      headers,
      timestampMs: EPOCH_MS + drawn.availableMs,
    },
  };
}

function valueOf(id: string, paddingLength: number, extras: Extras | null): string {
  if (extras === null) return id.padEnd(id.length + paddingLength, '.');
  const field = extras.field === null ? {} : { [FIELD]: extras.field };
  return JSON.stringify({ id, ...field, padding: '.'.repeat(paddingLength) });
}
