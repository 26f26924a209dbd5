import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoggerOptions } from '../../../src/observe/logger.ts';
import { createLogger, logProbe } from '../../../src/observe/logger.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import { EVENTS, eventsOf } from './events.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A logger whose lines are kept. */
function recording(options: Partial<LoggerOptions> = {}): {
  logger: ReturnType<typeof createLogger>;
  lines: string[];
} {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ level: 'trace', format: 'json', destination, ...options }), lines };
}

function log(
  events: readonly ProbeEvent[],
  options: Partial<LoggerOptions> = {},
  limit = { linesPerSecondMax: 100, monotonicMs: () => 0 },
): readonly Fields[] {
  const { logger, lines } = recording(options);
  const probe = logProbe(logger, limit);
  for (const event of events) probe(event);
  return lines.map((line) => JSON.parse(line) as Fields);
}

test('each event is one JSON object that names the event', () => {
  const lines = log(EVENTS);

  assert.deepEqual(
    lines.map(({ event }) => event),
    EVENTS.map(({ type }) => type),
  );
});

test('levels are fitting', () => {
  const levels = new Map(log(EVENTS).map(({ event, level }) => [event, level]));

  assert.deepEqual(Object.fromEntries(levels), {
    assigned: 'info',
    revoked: 'info',
    consumed: 'trace',
    unrouted: 'error',
    waiting: 'debug',
    waited: 'trace',
    skipped: 'debug',
    'ack-map-unreadable': 'warn',
    unsharded: 'debug',
    fenced: 'warn',
    rebalanced: 'info',
    'group-fault': 'warn',
    'out-of-group': 'warn',
    unread: 'debug',
    'partition-stuck': 'error',
    'transport-fault': 'warn',
    'publisher-cpu': 'trace',
    'out-of-range': 'warn',
    resized: 'info',
    'task-stopped': 'error',
    'step-overdue': 'warn',
    'log-trimmed': 'info',
    'log-trim-failed': 'warn',
    dispatched: 'trace',
    outcome: 'trace',
    'analyzer-log': 'info',
    suspected: 'warn',
    retrying: 'debug',
    'dead-letter': 'warn',
    'gave-up': 'warn',
    published: 'trace',
    'publish-failed': 'warn',
    finished: 'trace',
    committed: 'trace',
    'commit-failed': 'warn',
    'pull-failed': 'warn',
    draining: 'info',
    drained: 'warn', // the last one has unfinished work
    failed: 'error',
  });
});

test('a dead letter says where the delivery lies and why, and nothing of the fault’s details', () => {
  const [event] = eventsOf('dead-letter');
  assert.ok(event);
  const fault = { ...event.fault, details: { payload: 'secret' } };

  const [line] = log([{ ...event, fault }]);

  assert.ok(line);
  const { time, pid, ...rest } = line;
  assert.deepEqual(rest, {
    level: 'warn',
    event: 'dead-letter',
    stage: 'dead-letter',
    task: 'crash',
    topic: 'crash',
    partition: 3,
    offset: 41,
    attempts: 4,
    code: 'E_EVENT_ANALYZE',
    message: 'boom',
  });
  assert.equal(pid, process.pid);
  assert.equal(new Date(String(time)).toISOString(), time);
});

test('what an analyzer logs keeps its message and its fields apart from ours', () => {
  const [event] = eventsOf('analyzer-log');
  assert.ok(event);

  const [line] = log([{ ...event, line: { ...event.line, fields: { event: 'mine', level: 'fake' } } }]);

  assert.equal(line?.['msg'], 'seen');
  assert.equal(line?.['event'], 'analyzer-log');
  assert.equal(line?.['level'], 'info');
  assert.deepEqual(line?.['fields'], { event: 'mine', level: 'fake' });
});

test('repeating lines of one event and code are held back, and the next one says how many', () => {
  const [event] = eventsOf('dead-letter');
  assert.ok(event);
  let nowMs = 0;
  const other = { ...event, fault: { ...event.fault, code: 'E_EVENT_SCHEMA' } } as const;
  const { logger, lines } = recording();
  const probe = logProbe(logger, { linesPerSecondMax: 2, monotonicMs: () => nowMs });

  for (let i = 0; i < 10; i += 1) probe(event);
  probe(other);
  nowMs = 999;
  probe(event);
  nowMs = 1000;
  probe(event);
  probe(event);

  const seen = lines
    .map((line) => JSON.parse(line) as Fields)
    .map(({ code, suppressed }) => [code, suppressed]);
  assert.deepEqual(seen, [
    ['E_EVENT_ANALYZE', undefined],
    ['E_EVENT_ANALYZE', undefined],
    ['E_EVENT_SCHEMA', undefined],
    ['E_EVENT_ANALYZE', 9],
    ['E_EVENT_ANALYZE', undefined],
  ]);
});

test('below the level nothing is written, and nothing is counted as held back', () => {
  const lines = log(EVENTS, { level: 'warn' });

  assert.ok(lines.length > 0);
  assert.ok(lines.every(({ level }) => level === 'warn' || level === 'error'));
});

test('partitions that follow each other are one word, times have no more than microseconds', () => {
  const partitions = [0, 1, 2, 3, 5].map((partition) => ({ topic: 'a', partition }));

  const [assigned, drained] = log([
    { type: 'assigned', group: 'g', partitions: [...partitions, { topic: 'b', partition: 6 }] },
    { type: 'drained', unfinished: 0, elapsedMs: 4.772009000000253 },
  ]);

  assert.deepEqual(assigned?.['partitions'], ['a/0-3', 'a/5', 'b/6']);
  assert.equal(drained?.['elapsedMs'], 4.772);
});

test('an assignment of many partitions apart names some and counts the rest', () => {
  const partitions = Array.from({ length: 50 }, (_, index) => ({ topic: 't', partition: 2 * index }));

  const [line] = log([{ type: 'assigned', group: 'g', partitions }]);

  assert.ok(Array.isArray(line?.['partitions']));
  assert.equal(line['partitions'].length, 20);
  assert.equal(line['morePartitions'], 30);
});

test('what a revoke gives back is said to be left to the next owner', () => {
  const [line] = log(eventsOf('revoked'));

  assert.equal(line?.['leftToNextOwner'], 2);
});

test('how many are in a group is said by who knows it', () => {
  const [event] = eventsOf('rebalanced');
  assert.ok(event);

  const [leader, other] = log([event, { ...event, members: null }]);

  assert.equal(leader?.['members'], 2);
  assert.ok(other && !('members' in other));
});

test('pretty lines are one line each, for people, and cannot steer a terminal', () => {
  const [event] = eventsOf('analyzer-log');
  assert.ok(event);
  const { logger, lines } = recording({ format: 'pretty' });
  const hostile = '\u001b[2Jgone\r\nnew line';

  logProbe(logger)({ ...event, line: { ...event.line, message: hostile, fields: { text: hostile } } });

  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /INFO: analyzer-log {2}\[2Jgone {2}new line .*"topic":"crash".*\n$/);
  assert.doesNotMatch((lines[0] ?? '').slice(0, -1), /\p{Cc}/u);
});
