/** A run whose findings are written by a thread of its own, at least once and exactly once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import type { RunSummary } from '../../src/observe/summary.ts';
import { eventually } from '../helpers/eventually.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';
import { workerThreads } from '../helpers/threads.ts';
import { makeTopic, readTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const EVENTS = 300;

async function faultline(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const code = await main([...args, '--transport', 'kafka', '--brokers', brokers.join()], terminal, {});
  return { code, err: terminal.err() };
}

function run(files: { config: string; summary: string }): ReturnType<typeof faultline> {
  const group = ['--group', randomUUID(), '--threads', '1', '--control', 'none', '--log-level', 'warn'];
  return faultline('run', '--until-idle', '--config', files.config, '--summary', files.summary, ...group);
}

for (const delivery of ['at-least-once', 'exactly-once'] as const) {
  test(
    `a thread writes ${delivery}: each event has its finding, and no thread is left`,
    { skip },
    async (context) => {
      const [input, findings, deadLetters] = await Promise.all([1, 2, 3].map(() => makeTopic(client)));
      assert.ok(input !== undefined && findings !== undefined && deadLetters !== undefined);
      await faultline('generate', '--count', String(EVENTS), '--topic', input);
      const directory = temporaryDirectory(context);
      const [config, summary] = [join(directory, 'config.json'), join(directory, 'summary.json')];
      const system = { delivery, kafka: { produce: { thread: true } } };
      const task = { topics: [`^${input}$`], analyzer: 'crash', outputs: { findings, deadLetters } };
      writeFileSync(config, JSON.stringify({ system, tasks: { crash: task } }));
      const before = workerThreads();

      const { code, err } = await run({ config, summary });

      assert.equal(code, 0, err);
      assert.equal((await readTopic(client, findings)).length, EVENTS);
      const { cpuUsPerEvent } = JSON.parse(readFileSync(summary, 'utf8')) as RunSummary;
      assert.ok(cpuUsPerEvent.publisher > 0);
      await eventually('its threads are gone', () => workerThreads() === before);
    },
  );
}
