/** What the values of a config must be together: bounds in order, topics told apart, no eating of one's own output. */
import { outputTopic } from '../model/output-topic.ts';
import type { Bound } from './bounds.ts';
import { checkBounds } from './bounds.ts';
import { checkKafka } from './check-kafka.ts';
import type { System } from './config.ts';
import type { NamePart } from './could-match.ts';
import { couldMatch } from './could-match.ts';
import type { Draft, TaskDraft } from './draft.ts';
import type { Pattern } from './file.ts';
import type { Given } from './layer.ts';
import type { Mistakes } from './mistakes.ts';

/** Takes every mistake of the whole. */
export function checkDraft(draft: Draft, mistakes: Mistakes): void {
  checkBounds(boundsOf(draft), mistakes);
  if (draft.system.transport === 'kafka') checkKafka(draft, mistakes);
  for (const task of draft.tasks) checkOutputs(task, mistakes);
  checkSamePatterns(draft.tasks, mistakes);
  checkOwnOutput(draft.tasks, mistakes);
}

/** What a dead letter’s own headers may need, the text of its error included. */
const OWN_HEADERS_BYTES_MAX = 8192;

/** The largest record that the transport takes. */
function recordBound({ transport, kafka, log }: System): Bound['most'] {
  return transport === 'kafka'
    ? { path: 'kafka.produce.recordBytesMax', value: kafka.produce.recordBytesMax }
    : { path: 'log.recordBytesMax', value: log.recordBytesMax };
}

function boundsOf({ system, systemGivenBy, tasks }: Draft): readonly Bound[] {
  const { publish, limits } = system;
  const record = recordBound(system);
  return [
    {
      path: 'publish.backoffMs',
      value: publish.backoffMs,
      most: { path: 'publish.backoffMaxMs', value: publish.backoffMaxMs },
      givenBy: systemGivenBy,
    },
    { path: 'limits.findingBytesMax', value: limits.findingBytesMax, most: record, givenBy: systemGivenBy },
    {
      path: 'publish.deadLetterBytesMax',
      value: publish.deadLetterBytesMax,
      most: {
        path: record.path,
        value: record.value - 2 * publish.deadLetterHeaderBytesMax - OWN_HEADERS_BYTES_MAX,
        words: `${record.path} without key and headers`,
      },
      givenBy: systemGivenBy,
    },
    ...tasks.map(({ config: { retry }, givenBy }) => ({
      path: 'retry.backoffMs',
      value: retry.backoffMs,
      most: { path: 'retry.backoffMaxMs', value: retry.backoffMaxMs },
      givenBy,
    })),
  ];
}

function checkOutputs({ config, givenBy }: TaskDraft, mistakes: Mistakes): void {
  const { findings, deadLetters } = config.outputs;
  if (findings !== deadLetters) return;
  const { place = '', path = '' } = givenBy('outputs.findings') ?? givenBy('outputs.deadLetters') ?? {};
  mistakes.add({ place, path, message: `findings and dead letters cannot share the topic ${findings}` });
}

/** Whether two patterns can match the same topic is seen while running; that they are the same, here. */
function checkSamePatterns(tasks: readonly TaskDraft[], mistakes: Mistakes): void {
  const takenBy = new Map<string, string>();
  for (const { config, patterns } of tasks) {
    for (const { regExp, place, path } of patterns) {
      const name = `${config.group} ${regExp.source}`;
      const other = takenBy.get(name);
      if (other !== undefined && other !== config.name) {
        const message = `tasks ${other} and ${config.name} of group ${config.group} have the same pattern ${regExp.source}`;
        mistakes.add({ place, path, message }, 'E_ROUTE_AMBIGUOUS');
      }
      takenBy.set(name, config.name);
    }
  }
}

/** An output topic's template as the parts of its names. */
interface Output {
  readonly what: string;
  readonly template: string;
  /** Every way to fill it, placeholders of unknown text left open. */
  readonly names: readonly (readonly NamePart[])[];
  readonly given: Given | undefined;
}

function checkOwnOutput(tasks: readonly TaskDraft[], mistakes: Mistakes): void {
  const outputs = tasks.flatMap(outputsOf);
  for (const { patterns } of tasks) {
    for (const pattern of patterns) {
      const eaten = outputs.find(({ names }) => names.some((name) => eats(pattern.regExp, name)));
      if (eaten !== undefined) addOwnOutput(pattern, eaten, mistakes);
    }
  }
}

function outputsOf({ config, givenBy }: TaskDraft): readonly Output[] {
  const categories = Object.keys(config.analyzers);
  const { findings, deadLetters } = config.outputs;
  return [
    {
      what: `findings of task ${config.name}`,
      template: findings,
      names: fill(findings, config.name, categories.length === 0 ? null : categories),
      given: givenBy('outputs.findings'),
    },
    {
      what: `dead letters of task ${config.name}`,
      template: deadLetters,
      // What is given up was perhaps never understood: its category is not told.
      names: fill(deadLetters, config.name, ['unknown']),
      given: givenBy('outputs.deadLetters'),
    },
  ];
}

/** `categories`: `null` where an event may say any. The topic is never known. */
function fill(template: string, task: string, categories: readonly string[] | null): Output['names'] {
  const pieces = template.split(/(\{\w+\})/).filter((piece) => piece !== '');
  return (categories ?? [null]).map((category) =>
    pieces.map((piece): NamePart => {
      if (piece === '{topic}' || (piece === '{category}' && category === null)) return 'anything';
      return { text: outputTopic(piece, { topic: '', task, category: category ?? '' }) };
    }),
  );
}

/** A name without open parts is matched as it will be; another is looked at with all that it could be. */
function eats(pattern: RegExp, name: readonly NamePart[]): boolean {
  const texts = name.flatMap((part) => (part === 'anything' ? [] : [part.text]));
  return texts.length === name.length ? pattern.test(texts.join('')) : couldMatch(pattern, name);
}

function addOwnOutput(pattern: Pattern, { what, template, given }: Output, mistakes: Mistakes): void {
  const { regExp } = pattern;
  const { place, path } = pattern.place === '' ? { ...pattern, ...given } : pattern;
  const message = `the pattern ${regExp.source} takes ${template}, the ${what}: the engine would eat its own output`;
  mistakes.add({ place, path, message }, 'E_ROUTE_OWN_OUTPUT');
}
