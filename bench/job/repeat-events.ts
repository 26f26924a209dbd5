/** Java crash events whose reports repeat or do not. All else differs from event to event, as in life. */
import { javaCrashEvent } from '../../src/load/generate.ts';
import { seededRandom } from '../../src/load/random.ts';
import { zipfPicker } from '../../src/load/zipf.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { partitionOf } from '../../src/wire/partitioner.ts';
import { MEMORY_TOPIC } from './memory-run.ts';
import { reportsOf } from './reading.ts';
import { otherBuild } from './variant.ts';

/** What is made. */
export interface RepeatPlan {
  readonly count: number;
  /** Share of events that bring a report which was seen before, or will be again. */
  readonly repeated: number;
  /** How the others differ: in the line numbers of their frames too, or in nothing but the message. */
  readonly differIn: 'stacks' | 'messages';
  readonly seed: number;
}

const PARTITIONS = 8;
const DEVICES = 10_000;
/** Defects that are reported again and again, by Zipf's law with exponent 1. */
const DEFECTS = 1000;
const FIRST_MS = Date.UTC(2026, 2, 1);
const STEP_MS = 10;

/** A broker with the events; the id of each says where it stands: `topic:partition:offset`. */
export function repeatBroker({ count, repeated, differIn, seed }: RepeatPlan): MemoryBroker {
  const random = seededRandom(seed);
  const [report = ''] = reportsOf([javaCrashEvent(seed)]);
  const defects = Array.from({ length: DEFECTS }, () => otherBuild(report, random));
  const pick = zipfPicker(DEFECTS, 1, random);
  const broker = new MemoryBroker({ partitions: PARTITIONS });
  const offsets = new Uint32Array(PARTITIONS);
  for (let i = 0; i < count; i += 1) {
    const device = `device-${Math.floor(random() * DEVICES)}`;
    const key = Buffer.from(device);
    const partition = partitionOf(key, PARTITIONS);
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    const known = defects[pick()] ?? report;
    const own = (): string => (differIn === 'stacks' ? otherBuild(report, random) : otherMessage(known, i));
    const told = random() < repeated ? known : own();
    const id = `${MEMORY_TOPIC}:${partition}:${offset}`;
    const at = { id, device, timestampMs: FIRST_MS + i * STEP_MS };
    broker.append(MEMORY_TOPIC, [{ key, value: eventOf(told, at, random), timestampMs: at.timestampMs }]);
  }
  return broker;
}

/** The same stack under a message of its own. */
function otherMessage(report: string, number: number): string {
  const end = report.indexOf('\n');
  return `${report.slice(0, end)} (${number})${report.slice(end)}`;
}

interface Occurrence {
  readonly id: string;
  readonly device: string;
  readonly timestampMs: number;
}

function eventOf(report: string, { id, device, timestampMs }: Occurrence, random: () => number): Uint8Array {
  const event = {
    id,
    category: 'PERF_CRASH',
    timestamp: new Date(timestampMs).toISOString(),
    dimensions: {
      app_id: 'com.example.shop',
      app_version: '4.2.0',
      platform: 'android',
      os_version: '14',
      device_model: 'Shopphone 3',
      device_id: device,
      user_id: `u${device.slice(7)}`,
      scene: 'checkout',
    },
    values: { uptime_ms: Math.floor(random() * 900_000), free_memory_mb: Math.floor(random() * 400) },
    profile_data: { format: 'java-stack', report },
  };
  return Buffer.from(JSON.stringify(event));
}
