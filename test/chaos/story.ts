/** What happens in one mode of a chaos run, told line by line in a file, and what of it was not as it must be. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Judged } from './report.ts';

/** The story of one mode. */
export class Story {
  readonly mode: Judged['mode'];
  /** Made with it; for everything of this mode. */
  readonly dir: string;
  /** What was not as it must be, in sentences. */
  readonly faults: string[] = [];

  constructor(mode: Judged['mode'], dir: string) {
    this.mode = mode;
    this.dir = join(dir, mode);
    mkdirSync(this.dir);
  }

  /** Writes down what happens. */
  tell(what: string): void {
    appendFileSync(join(this.dir, 'story.txt'), `${new Date().toISOString()} ${what}\n`);
  }

  /** Something is not as it must be. */
  blame(what: string): void {
    this.tell(`FAULT: ${what}`);
    this.faults.push(what);
  }
}
