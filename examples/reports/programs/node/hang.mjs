// Blocks the event loop and lets V8's own profiler sample it: the report holds what it saw.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { matches } from './search.mjs';

const INTERVAL_MS = 20;

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MS * 1000 });
await session.post('Profiler.start');
searchOnMain(600);
const { profile } = await session.post('Profiler.stop');
session.disconnect();
writeFileSync(process.argv[2], `${JSON.stringify(toReport(profile), null, 1)}\n`);

function searchOnMain(durationMs) {
  const end = performance.now() + durationMs;
  let found = 0;
  while (performance.now() < end) found += matches('kettle with a very long description');
  return found;
}

/** Innermost frame first in each stack. */
function toReport({ nodes, samples, timeDeltas, startTime, endTime }) {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let timeUs = 0;
  const report = samples.map((id, index) => {
    timeUs += timeDeltas[index];
    const stack = [];
    for (let at = id; at !== undefined; at = parents.get(at)) stack.push(frame(byId.get(at).callFrame));
    return { time: Math.round(timeUs / 1000), stack: stack.filter((line) => line !== null) };
  });
  return {
    platform: 'node',
    thread: 'main',
    interval_ms: INTERVAL_MS,
    duration_ms: Math.round((endTime - startTime) / 1000),
    samples: report.filter(({ stack }) => stack.length > 0),
  };
}

function frame({ functionName, url, lineNumber, columnNumber }) {
  if (functionName.startsWith('(')) return null;
  return `${functionName || '<anonymous>'} (${url || 'native'}:${lineNumber + 1}:${columnNumber + 1})`;
}
