/**
 * What a part of `npm run bench` is: it runs, checks its own result, and says what came of it as tables,
 * bars and plots. `report` is pure, so that the pages in docs/ are made from the kept results alone.
 */

/** What a section is run with. */
export interface BenchOptions {
  /** A short form that shows whether everything works; its figures mean little. */
  readonly isQuick: boolean;
  readonly publish: readonly ('sync' | 'async')[];
  /** Numbers of worker threads; at least one. */
  readonly threads: readonly number[];
  /** `--count`: events of a run; `null` where the section chooses. */
  readonly count: number | null;
  /** `--analyzer`: names or paths; `null` where the section chooses. */
  readonly analyzers: readonly string[] | null;
  /** Changes all data: keys, contents and order. */
  readonly seed: number;
  /** `--set`: flags of the run command. */
  readonly settings: Readonly<Record<string, string>>;
  /** A flag of the section's own, as it was given. */
  readonly flag: (name: string) => string | undefined;
  /** Brokers of KAFKA_BROKERS, or of one that is started when it is first asked for and ends with the bench. */
  readonly brokers: () => Promise<readonly string[]>;
  /** Is told what is done now. */
  readonly tell: (what: string) => void;
}

/** A part of the bench. `Results` is plain data: what `--json` keeps under the section's name. */
export interface Section<Results> {
  /** The word for `--only`, and the key of its results. */
  readonly name: string;
  /** What it measures, in one line. */
  readonly about: string;
  /** Which transports it runs on: `--transport` leaves out the others. */
  readonly transports: readonly ('memory' | 'log' | 'kafka')[];
  /** Whether it is run when `--only` does not say. */
  readonly isUsual: boolean;
  /** Flags of its own: name and what it means. */
  readonly flags: Readonly<Record<string, string>>;
  /** Throws when a result is not right: an id is missing or twice, a key out of order. */
  run(options: BenchOptions): Promise<Results>;
  /** Pure. */
  report(results: Results): Report;
}

/** What came of it, for people. */
export interface Report {
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  readonly plots: readonly Plot[];
}

/** A table of text. */
export interface Table {
  readonly title: string;
  /** What has to be known to read it; whole sentences. */
  readonly note?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure that is to be reached, beside what was. */
export interface Bar {
  readonly what: string;
  /** `≥ 25 ×`. */
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** A plot of lines. */
export interface Plot {
  /** Name of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

/** An axis. */
export interface Axis {
  readonly label: string;
  readonly isLog?: boolean;
}
