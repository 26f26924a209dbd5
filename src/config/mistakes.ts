/** Mistakes of a config: collected, so that all are told at once, each with its place. */
import { EngineError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';
import { CONFIG_LIMITS } from './task-spec.ts';

/** One mistake. */
export interface Mistake {
  readonly code: ErrorCode;
  /** `faultline.yaml:12:5`, `FAULTLINE_LANES` or `--lanes`. */
  readonly place: string;
  /** The key, `tasks.crash.lanes`; empty where the place says it already. */
  readonly path: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** Takes mistakes while a config is read. */
export class Mistakes {
  readonly #list: Mistake[] = [];

  /** Takes one, or sees that it has it; `code` where it has one of its own. */
  add({ place, path, message }: Omit<Mistake, 'code'>, code: ErrorCode = 'E_CONFIG_INVALID'): void {
    const mistake = { code, place, path, message };
    const line = mistakeLine(mistake);
    if (this.#list.some((other) => mistakeLine(other) === line)) return;
    this.#list.push(mistake);
  }

  /**
   * Throws when there is any: with the code that all share, else `E_CONFIG_INVALID`. The message has a
   * line for each, `details.mistakes` the list.
   */
  throwIfAny(): void {
    const [first] = this.#list;
    if (first === undefined) return;
    const code = this.#list.every((mistake) => mistake.code === first.code) ? first.code : 'E_CONFIG_INVALID';
    throw new EngineError(code, this.#message(), { details: { mistakes: this.#list } });
  }

  #message(): string {
    const shown = this.#list.slice(0, CONFIG_LIMITS.mistakesMax).map(mistakeLine);
    const [only] = shown;
    if (only !== undefined && this.#list.length === 1) return only;
    const rest = this.#list.length - shown.length;
    const more = rest > 0 ? [`and ${rest} more`] : [];
    return [`the config has ${this.#list.length} mistakes:`, ...shown, ...more].join('\n  ');
  }
}

/** `faultline.yaml:12:5 tasks.crash.lanes: expected …, got …`. */
function mistakeLine({ place, path, message }: Mistake): string {
  return path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`;
}
