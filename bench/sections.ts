/** All sections of the bench, in the order in which they run. */
import { bare } from './bare.ts';
import { efficiency } from './efficiency.ts';
import { engine } from './engine.ts';
import { growth } from './growth.ts';
import { hot } from './hot.ts';
import { job } from './job.ts';
import { kafka } from './kafka.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { micro } from './micro/suite.ts';
import { poison } from './poison.ts';
import { publish } from './publish.ts';
import { formats } from './formats.ts';
import { repeats } from './repeats.ts';
import type { Report, Section } from './section.ts';
import { standstill } from './standstill.ts';
import { kafkaSweeps, logSweeps } from './sweeps.ts';

/** A section whose results are not looked into. */
export interface AnySection extends Omit<Section<unknown>, 'report'> {
  /** Of results that this section has made. */
  readonly report: (results: unknown) => Report;
}

/** The list. */
export const SECTIONS: readonly AnySection[] = [
  any(publish),
  any(logSweeps),
  any(kafka),
  any(kafkaSweeps),
  any(job),
  any(bare),
  any(engine),
  any(efficiency),
  any(latency),
  any(hot),
  any(growth),
  any(formats),
  any(repeats),
  any(memory),
  any(standstill),
  any(poison),
  any(micro),
];

/** Words of `--only` that stand for several. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  publish: ['publish', 'kafka'],
  sweeps: ['log-sweeps', 'kafka-sweeps'],
};

function any<Results>(section: Section<Results>): AnySection {
  return { ...section, report: (results) => section.report(results as Results) };
}
