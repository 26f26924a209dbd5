/**
 * What the built-in analysis of each format takes, as multiples of `JSON.parse` of the same events: decode,
 * analyse and encode apart, without the pool and its memory of repeated reports.
 *
 * Several hundred events of the generator for each format, all different, made anew from their bytes in
 * each pass, so that no string has been seen before. A pass times each step over all events of a format;
 * formats and steps take turns, and sums of thread CPU over many passes are compared, since it moves in
 * steps of milliseconds.
 */
import { analyzeCrash } from '../src/analysis/crash/analyze.ts';
import { analyzeLag } from '../src/analysis/lag/analyze.ts';
import { parseConfig } from '../src/config/load.ts';
import { analysisLimits } from '../src/config/resolve.ts';
import { generateEvents } from '../src/load/generate.ts';
import { NO_HEADERS } from '../src/model/delivery.ts';
import type { PerfEvent } from '../src/model/event.ts';
import type { Analysis, Finding } from '../src/model/finding.ts';
import type { AnalysisLimits } from '../src/model/task.ts';
import { decodeEvent } from '../src/wire/event.ts';
import { composeFinding, encodeFinding, envelopeOf } from '../src/wire/finding.ts';
import { times, whole } from './report/format.ts';
import type { BenchOptions, Report, Section } from './section.ts';

/** One format. */
export interface FormatFigures {
  readonly format: string;
  /** Different ones. */
  readonly events: number;
  /** Mean. */
  readonly eventBytes: number;
  readonly findingBytes: number;
  /** CPU per event, µs. */
  readonly parseUs: number;
  readonly decodeUs: number;
  readonly analyseUs: number;
  readonly encodeUs: number;
}

/** All formats. */
export interface FormatResults {
  readonly formats: readonly FormatFigures[];
}

const EVENTS_PER_FORMAT = 400;
/** Enough for as many events of the rarest format. */
const GENERATED_MAX = 20_000;
const KEYS = 1000;
/** For the compiler. */
const WARM_UP_PASSES = 10;
const PASSES = 60;
const QUICK_PASSES = 10;

/** The section. */
export const formats: Section<FormatResults> = {
  name: 'formats',
  about: 'decoding, analysis and encoding of each format, as multiples of JSON.parse',
  transports: ['memory'],
  isUsual: true,
  flags: {},
  run: (options) => Promise.resolve(measure(options)),
  report,
};

type Steps = Record<'parse' | 'decode' | 'analyse' | 'encode', number>;

/** A format on its way. */
interface Subject {
  readonly format: string;
  readonly values: readonly Buffer[];
  readonly cpuUs: Steps;
  findingBytes: number;
}

function measure({ isQuick, seed, tell }: BenchOptions): FormatResults {
  const { system } = parseConfig({ file: null, flags: {} });
  const limits = analysisLimits(system);
  const subjects = subjectsOf(seed);
  const passes = isQuick ? QUICK_PASSES : PASSES;
  tell(`${subjects.length} formats, ${passes} passes over ${EVENTS_PER_FORMAT} events of each`);
  for (let pass = 0; pass < WARM_UP_PASSES + passes; pass += 1) {
    for (const subject of subjects) {
      if (pass === WARM_UP_PASSES) Object.assign(subject.cpuUs, NOTHING);
      runPass(subject, limits, { explain: system.explain });
    }
  }
  return { formats: subjects.map((subject) => figuresOf(subject, passes)) };
}

const NOTHING: Steps = { parse: 0, decode: 0, analyse: 0, encode: 0 };

/** The first events of each format, the formats in the order of their names. */
function subjectsOf(seed: number): readonly Subject[] {
  const valuesOf = new Map<string, Buffer[]>();
  const options = { count: GENERATED_MAX, keys: KEYS, zipf: 0, duplicates: 0, seed, start: 0 };
  for (const { value } of generateEvents(options)) {
    const bytes = Buffer.from(value);
    const event = JSON.parse(bytes.toString()) as { profile_data: { format: string } };
    const values = valuesOf.get(event.profile_data.format) ?? [];
    valuesOf.set(event.profile_data.format, values);
    if (values.length < EVENTS_PER_FORMAT) values.push(bytes);
    if ([...valuesOf.values()].every(({ length }) => length === EVENTS_PER_FORMAT)) break;
  }
  return [...valuesOf]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([format, values]) => ({ format, values, cpuUs: { ...NOTHING }, findingBytes: 0 }));
}

/** Each step over all events. Throws when a finding is not of its event. */
function runPass(subject: Subject, limits: AnalysisLimits, options: { readonly explain: boolean }): void {
  const { values, cpuUs } = subject;
  timed(cpuUs, 'parse', () => values.map((value) => JSON.parse(value.toString()) as unknown));
  const events = timed(cpuUs, 'decode', () =>
    values.map((value, offset) => decodeEvent(value, NO_HEADERS, placeOf(offset), limits)),
  );
  const analyses = timed(cpuUs, 'analyse', () => events.map((event) => analyse(event, limits, options)));
  const format = { encoding: 'json', findingBytesMax: limits.findingBytesMax } as const;
  const encoded = timed(cpuUs, 'encode', () =>
    events.map((event, offset) => encodeFinding(findingOf(event, offset, analyses[offset]), format)),
  );
  check(subject, events, encoded);
}

function timed<T>(cpuUs: Steps, step: keyof Steps, run: () => T): T {
  const before = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(before);
  cpuUs[step] += user + system;
  return result;
}

function placeOf(offset: number) {
  return { topic: 'bench', partition: 0, offset, timestampMs: 0 };
}

function analyse(event: PerfEvent, limits: AnalysisLimits, options: { readonly explain: boolean }): Analysis {
  const analyze = event.category === 'PERF_LAG' ? analyzeLag : analyzeCrash;
  return analyze(event, limits, options);
}

function findingOf(event: PerfEvent, offset: number, analysis: Analysis | undefined): Finding {
  if (analysis === undefined) throw new Error('an event without an analysis');
  return composeFinding(envelopeOf(event, placeOf(offset), { name: analysis.kind, version: '1' }), analysis);
}

/** The first and the last finding of a pass: understood, without problems, and of their events. */
function check(
  subject: Subject,
  events: readonly PerfEvent[],
  encoded: readonly (string | Uint8Array)[],
): void {
  for (const at of [0, events.length - 1]) {
    const finding = JSON.parse(String(encoded[at])) as Finding;
    if (finding.id !== events[at]?.id || finding.format !== subject.format || finding.problems !== undefined)
      throw new Error(`wrong result: ${subject.format}, ${String(encoded[at]).slice(0, 200)}`);
  }
  subject.findingBytes = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length;
}

function figuresOf({ format, values, cpuUs, findingBytes }: Subject, passes: number): FormatFigures {
  const events = values.length;
  const usOf = (step: keyof Steps): number => cpuUs[step] / (passes * events);
  return {
    format,
    events,
    eventBytes: values.reduce((sum, { length }) => sum + length, 0) / events,
    findingBytes,
    parseUs: usOf('parse'),
    decodeUs: usOf('decode'),
    analyseUs: usOf('analyse'),
    encodeUs: usOf('encode'),
  };
}

function report({ formats: all }: FormatResults): Report {
  const rows = all.map(
    ({ format, events, eventBytes, findingBytes, parseUs, decodeUs, analyseUs, encodeUs }) => {
      const of = (us: number): string => times(us / parseUs, 2);
      return [
        format,
        whole(events),
        whole(eventBytes),
        whole(findingBytes),
        parseUs.toFixed(2),
        of(decodeUs),
        of(analyseUs),
        of(encodeUs),
        of(decodeUs + analyseUs + encodeUs),
      ];
    },
  );
  return {
    tables: [
      {
        title: 'Analysis by format, as multiples of JSON.parse of the same events',
        note: 'Of the thread that does it, without hand-over and without the memory of repeated reports.',
        head: [
          'format',
          'events',
          'bytes',
          'finding bytes',
          'JSON.parse µs',
          'decode',
          'analyse',
          'encode',
          'all',
        ],
        rows,
      },
    ],
    bars: [],
    plots: [],
  };
}
