/**
 * What is looked at before a process begins to read: whether the brokers can be reached and speak what
 * is needed, the topics, the rights, the settings that have to fit. Each failing one says what to do.
 *
 * Nothing is joined, written or made. What this client may not look at is said, not guessed.
 */
import { EngineError } from '../../model/errors.ts';
import { Coordinator } from './coordinator.ts';
import type { Broker } from './internals.ts';
import { missingVersions } from './needs.ts';
import { transactionalIdOf } from './partition-transactions.ts';
import type { ConfigOf, DescribedConfig } from './protocol/configs.ts';
import { askConfig } from './protocol/configs.ts';
import { askGroup } from './protocol/group-description.ts';
import type { Metadata } from './protocol/metadata.ts';
import { askRights, mayDo } from './protocol/rights.ts';
import type { KafkaSettings } from './settings.ts';
import { throwIfError, Visit } from './visit.ts';

/** A task as it is looked at. */
export interface CheckedTask {
  readonly name: string;
  readonly group: string;
  /** As they are written, for what is told. */
  readonly patterns: readonly string[];
  readonly subscribes: (topic: string) => boolean;
  /** The output topics of what comes from a topic, as far as they are known beforehand; `null`: from any. */
  readonly outputs: (topic: string | null) => readonly string[];
}

/** What is looked at. */
export interface CheckOptions {
  /** For everything together. */
  readonly withinMs: number;
  readonly tasks: readonly CheckedTask[];
  readonly sessionTimeoutMs: number;
  readonly recordBytesMax: number;
  readonly exactlyOnce: boolean;
}

/** What there is, and what is no reason not to begin. */
export interface CheckReport {
  /** Names of the topics that this client may see, internal ones left out. */
  readonly topics: readonly string[];
  /** Sentences about what is odd. */
  readonly warnings: readonly string[];
  /** Sentences about what could not be looked at. */
  readonly unchecked: readonly string[];
}

/** What a batch with one record has beside it (Kafka’s record format 2), with room for many headers. */
const BATCH_BYTES = 512;

/** Rejects with a coded error; one of several has the code of the first and names all. */
export async function checkBrokers(settings: KafkaSettings, options: CheckOptions): Promise<CheckReport> {
  const visit = new Visit(settings, options.withinMs);
  try {
    return await new Check(visit, settings, options).run();
  } finally {
    visit.close();
  }
}

class Check {
  readonly #visit: Visit;
  readonly #settings: KafkaSettings;
  readonly #options: CheckOptions;
  readonly #failures: EngineError[] = [];
  readonly #warnings: string[] = [];
  readonly #unchecked: string[] = [];

  constructor(visit: Visit, settings: KafkaSettings, options: CheckOptions) {
    this.#visit = visit;
    this.#settings = settings;
    this.#options = options;
  }

  async run(): Promise<CheckReport> {
    const { tasks, exactlyOnce } = this.#options;
    const groups = new Set(tasks.map(({ group }) => group));
    const { topics, brokers } = await this.#visit.ask('looking at the brokers', () => this.#look());
    const names = topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name);
    const taken = names.filter((name) => tasks.some((task) => task.subscribes(name)));
    const outputs = [...new Set(tasks.flatMap((task) => outputsOf(task, taken)))];
    this.#warnings.push(...tasks.flatMap((task) => untaken(task, taken)));
    await this.#checkTopics(taken, outputs);
    for (const group of groups) await this.#checkGroup(group);
    for (const output of outputs) if (names.includes(output)) await this.#checkRecordSize(output);
    await this.#checkSession(brokers[0]?.node ?? 0);
    for (const group of exactlyOnce ? groups : []) await this.#checkTransactions(group);
    this.#throwFailures();
    return { topics: names, warnings: this.#warnings, unchecked: this.#unchecked };
  }

  /** Which versions they speak is known by being connected. */
  #look(): Promise<Metadata> {
    const { brokers } = this.#visit;
    return brokers.askAny(async ({ versions }) => {
      const missing = missingVersions(versions, this.#options);
      if (missing !== null) throw missing;
      return brokers.metadata(null);
    });
  }

  async #checkTopics(inputs: readonly string[], outputs: readonly string[]): Promise<void> {
    const rights = await this.#visit.ask('looking at the rights on topics', () =>
      this.#visit.brokers.askAny((broker) => askRights(broker, [...new Set([...inputs, ...outputs])])),
    );
    if (rights === null) {
      this.#unchecked.push(`rights on topics and whether output topics exist: ${TELL_RIGHTS}`);
      return;
    }
    const named = new Map(rights.map((topic) => [topic.name, topic]));
    const demand = (right: 'Read' | 'Write', name: string): void => {
      const { error = 0, operations = 0 } = named.get(name) ?? {};
      if (error === UNKNOWN_TOPIC) this.#failures.push(this.#noTopic(name));
      else if (error !== 0 || !mayDo(operations, right)) this.#forbid(right, 'topic', name);
    };
    for (const input of inputs) demand('Read', input);
    for (const output of outputs) demand('Write', output);
  }

  async #checkGroup(group: string): Promise<void> {
    const coordinator = new Coordinator(this.#visit.brokers, group);
    const ask = async (): Promise<boolean> => {
      const { error, operations } = await coordinator.ask('group', (broker) => askGroup(broker, group));
      throwIfError(error);
      if (operations === null) this.#unchecked.push(`rights on group ${group}: ${TELL_RIGHTS}`);
      return operations === null || mayDo(operations, 'Read');
    };
    if (!(await this.#allowed(`looking at group ${group}`, ask))) this.#forbid('Read', 'group', group);
  }

  async #checkRecordSize(topic: string): Promise<void> {
    const { recordBytesMax } = this.#options;
    const name = 'max.message.bytes';
    const values = await this.#config({ kind: 'topic', name: topic }, [name]);
    const bytes = Number(values?.get(name) ?? Infinity);
    if (values === null)
      this.#unchecked.push(`${name} of topic ${topic}: the right DescribeConfigs is missing`);
    if (recordBytesMax + BATCH_BYTES <= bytes) return;
    const message = `kafka.produce.recordBytesMax is ${recordBytesMax}, and topic ${topic} takes ${bytes} bytes (${name}), ${BATCH_BYTES} of which a batch may need for itself`;
    const hint = `Lower kafka.produce.recordBytesMax (with limits.findingBytesMax and publish.deadLetterBytesMax), or: kafka-configs.sh ${this.#server()} --alter --topic ${topic} --add-config ${name}=${recordBytesMax + BATCH_BYTES}`;
    this.#failures.push(new EngineError('E_KAFKA_SETTING', message, { hint }));
  }

  async #checkSession(node: number): Promise<void> {
    const { sessionTimeoutMs } = this.#options;
    const [min, max] = ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'] as const;
    const values = await this.#config({ kind: 'broker', name: String(node) }, [min, max]);
    if (values === null) {
      this.#unchecked.push(
        'bounds of kafka.session.timeoutMs: the right DescribeConfigs on the cluster is missing',
      );
    }
    const [least, most] = [Number(values?.get(min) ?? 0), Number(values?.get(max) ?? Infinity)];
    if (least <= sessionTimeoutMs && sessionTimeoutMs <= most) return;
    const message = `kafka.session.timeoutMs is ${sessionTimeoutMs}, and the brokers take ${least} to ${most} (${min}, ${max})`;
    this.#failures.push(new EngineError('E_KAFKA_SETTING', message));
  }

  /** Whether it may be written with cannot be asked without shutting out who writes with it now. */
  async #checkTransactions(group: string): Promise<void> {
    const id = transactionalIdOf(group, { topic: '', partition: 0 });
    const prefix = id.slice(0, -'/0'.length);
    const coordinator = new Coordinator(this.#visit.brokers, id, 'transactions');
    const doing = `looking for who keeps the transactions of group ${group}`;
    const isAllowed = await this.#allowed(doing, () => coordinator.ask('group', async () => true));
    if (!isAllowed) this.#forbid('Write', 'transactional-id', prefix, ' --resource-pattern-type prefixed');
    else this.#unchecked.push(`the right Write on transactional ids ${prefix}…: it is seen when one is used`);
  }

  /** `null`: this client may not look. */
  async #config(of: ConfigOf, names: readonly string[]): Promise<ReadonlyMap<string, string> | null> {
    let values: ReadonlyMap<string, string> | null = null;
    await this.#allowed(`looking at the settings of ${of.kind} ${of.name}`, async () => {
      const ask = (broker: Broker): Promise<DescribedConfig> => askConfig(broker, of, names);
      const { brokers } = this.#visit;
      const answer = await (of.kind === 'broker'
        ? brokers.askNode(Number(of.name), ask)
        : brokers.askAny(ask));
      throwIfError(answer.error);
      ({ values } = answer);
      return true;
    });
    return values;
  }

  /** False where the brokers say that this client may not; rejects as asking does. */
  async #allowed(doing: string, ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#visit.ask(doing, ask);
    } catch (error) {
      if (error instanceof EngineError && error.code === 'E_KAFKA_FORBIDDEN') return false;
      throw error;
    }
  }

  #forbid(
    right: 'Read' | 'Write',
    kind: 'topic' | 'group' | 'transactional-id',
    name: string,
    pattern: string = '',
  ): void {
    const message = `the right ${right} on ${kind.replace('-', ' ')} ${name} is missing`;
    const hint = `kafka-acls.sh ${this.#server()} --add --allow-principal User:${this.#user()} --operation ${right} --${kind} ${name}${pattern}`;
    this.#failures.push(new EngineError('E_KAFKA_FORBIDDEN', message, { hint }));
  }

  #noTopic(name: string): EngineError {
    const hint = `kafka-topics.sh ${this.#server()} --create --topic ${name} --partitions 8`;
    return new EngineError('E_KAFKA_TOPIC', `the output topic ${name} does not exist`, { hint });
  }

  #server(): string {
    return `--bootstrap-server ${this.#settings.brokers[0] ?? ''}`;
  }

  #user(): string {
    const { sasl } = this.#settings;
    return sasl !== null && 'username' in sasl ? sasl.username : 'NAME';
  }

  /** The first gives code and hint; the others stand in the message, each with what to do about it. */
  #throwFailures(): void {
    const [first, ...others] = this.#failures;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const lines = this.#failures.map(({ message, hint }) => `${message}\n    ${hint}`);
    const message = [`the brokers are not ready for this, ${lines.length} things are missing:`, ...lines];
    throw new EngineError(first.code, message.join('\n  '), { details: { failures: this.#failures } });
  }
}

/** A code of Kafka's protocol. */
const UNKNOWN_TOPIC = 3;
const TELL_RIGHTS = 'brokers tell of them from Kafka 2.3 on';

function outputsOf(task: CheckedTask, topics: readonly string[]): readonly string[] {
  const own = topics.filter((topic) => task.subscribes(topic));
  return [null, ...own].flatMap((topic) => task.outputs(topic));
}

function untaken({ name, patterns, subscribes }: CheckedTask, topics: readonly string[]): readonly string[] {
  if (topics.some(subscribes)) return [];
  return [`task ${name} has nothing to read: no topic that may be seen matches ${patterns.join(' or ')}`];
}
