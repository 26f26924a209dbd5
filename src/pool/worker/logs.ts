/** Log lines of a batch: bounded in number and size, plain data only, what is left out is counted. */
import type { LogLine } from '../../model/batch.ts';
import { describe } from '../../model/errors.ts';
import { isPlainObject, toPlain } from '../../wire/plain.ts';

const LINES_MAX = 100;
const MESSAGE_LENGTH_MAX = 1_000;
const FIELDS_LENGTH_MAX = 2_000;
const FIELD_VALUES_MAX = 100;

/** The lines of one batch. */
export class LogBook {
  readonly #lines: LogLine[] = [];
  #dropped = 0;

  /** Adds a line of delivery `index`; past the limit it is only counted. */
  add(index: number, line: Pick<LogLine, 'level' | 'message'>, fields: unknown): void {
    if (this.#lines.length >= LINES_MAX) {
      this.#dropped += 1;
      return;
    }
    const message = String(line.message).slice(0, MESSAGE_LENGTH_MAX);
    this.#lines.push({ level: line.level, message, fields: plainFields(fields), index });
  }

  /** All lines; a last one says how many were left out. */
  lines(): readonly LogLine[] {
    if (this.#dropped === 0) return this.#lines;
    const index = this.#lines.at(-1)?.index ?? 0;
    const message = 'log lines over the limit of a batch were left out';
    return [...this.#lines, { level: 'warn', message, fields: { dropped: this.#dropped }, index }];
  }
}

function plainFields(fields: unknown): LogLine['fields'] {
  if (fields === undefined) return {};
  try {
    const plain = toPlain(fields, 'fields', FIELD_VALUES_MAX);
    if (JSON.stringify(plain).length <= FIELDS_LENGTH_MAX)
      return isPlainObject(plain) ? plain : { value: plain };
    return { fields_left_out: `longer than ${FIELDS_LENGTH_MAX} characters` };
  } catch (error) {
    return { fields_left_out: String(describe(error)).slice(0, MESSAGE_LENGTH_MAX) };
  }
}
