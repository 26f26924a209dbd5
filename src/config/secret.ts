/**
 * A text that must not be shown. It is a class so that whatever prints, logs, inspects or serialises
 * what holds it shows that it is hidden: only {@link Secret.reveal} gives the text.
 */
import { inspect } from 'node:util';

const SHOWN = '[hidden]';

/** One secret. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text, for who needs it to log in; nobody else. */
  reveal(): string {
    return this.#text;
  }

  /** Not the text. */
  toString(): string {
    return SHOWN;
  }

  /** Not the text. */
  toJSON(): string {
    return SHOWN;
  }
}

// A method of this name in the class would leave its type open (isolatedDeclarations).
Object.defineProperty(Secret.prototype, inspect.custom, { value: () => SHOWN });
