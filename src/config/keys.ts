/** What a key of the config can be: the columns of the table in `spec.ts`. Types only. */

/** What every key states beside its type. */
interface KeyBase {
  /** One or two sentences for the reference. */
  readonly doc: string;
  /** A task may have its own value. */
  readonly task?: true;
  /** May change without a restart, once configs are reloaded; what lacks it never may. */
  readonly hot?: true;
  /** Flag without dashes, where the one made from the path is not wanted. */
  readonly flag?: string;
  /** Variable, where the one made from the flag is not wanted. */
  readonly env?: string;
}

/** A whole number. `bytes`: `64 MiB` is understood too. */
export interface IntKey extends KeyBase {
  readonly type: 'int';
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly unit?: 'bytes';
}

/** Yes or no. */
export interface BoolKey extends KeyBase {
  readonly type: 'bool';
  readonly default: boolean;
}

/** One word of a list. */
export interface ChoiceKey extends KeyBase {
  readonly type: 'choice';
  readonly options: readonly string[];
  readonly default: string;
}

/**
 * Text with rules of its own: `name` (of a group), `path` (relative to the config file), `topic` (a topic's
 * name with placeholders).
 */
export interface TextKey extends KeyBase {
  readonly type: 'name' | 'path' | 'topic';
  readonly default: string;
}

/** A path of names into a JSON object (`dimensions.device_id`), or `null` for none. */
export interface FieldKey extends KeyBase {
  readonly type: 'field';
  readonly default: null;
}

/** `auto`, or how many. */
export interface ThreadsKey extends KeyBase {
  readonly type: 'threads';
  readonly max: number;
  readonly default: 'auto';
}

/** `earliest`, `latest` or an ISO 8601 time. */
export interface FromKey extends KeyBase {
  readonly type: 'from';
  readonly default: 'earliest';
}

/** `null`, `HOST:PORT` or a port. */
export interface AddressKey extends KeyBase {
  readonly type: 'address';
  readonly default: null;
}

/** A path of a Unix socket, `auto`, or `none` (`null`). */
export interface SocketKey extends KeyBase {
  readonly type: 'socket';
  readonly default: 'auto';
}

/** Text that may be missing: `file` is a path relative to the config file, `text` is anything printable. */
export interface OptionalTextKey extends KeyBase {
  readonly type: 'file' | 'text';
  readonly default: null;
}

/** A text that nobody may see: said by its variable, or in a file that the key beside it, `…File`, names. */
export interface SecretKey extends KeyBase {
  readonly type: 'secret';
  readonly default: null;
}

/** `HOST:PORT` several times: a list, or a text with commas between them. */
export interface HostsKey extends KeyBase {
  readonly type: 'hosts';
  readonly default: readonly string[];
}

/** One key that holds a value. */
export type Key =
  | IntKey
  | BoolKey
  | ChoiceKey
  | TextKey
  | FieldKey
  | ThreadsKey
  | FromKey
  | AddressKey
  | SocketKey
  | OptionalTextKey
  | SecretKey
  | HostsKey;

/** Keys that belong together, sections within it included. */
export interface Section {
  readonly doc: string;
  readonly task?: true;
  readonly keys: Readonly<Record<string, Key | Section>>;
}
