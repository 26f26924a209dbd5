/** CPU of `JSON.parse(bytes.toString())`: the measure that other costs are told in. */

const PARSES = 100_000;

/** CPU of this thread for one of these events, µs. The same ones again and again: they stay in a cache, as bytes that have just come from a network do. */
export function parseUs(events: readonly { readonly value: Uint8Array }[]): number {
  for (let i = 0; i < PARSES / 10; i++) parseOne(events[i % events.length]);
  const before = process.threadCpuUsage();
  for (let i = 0; i < PARSES; i++) parseOne(events[i % events.length]);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / PARSES;
}

function parseOne(event: { readonly value: Uint8Array } | undefined): void {
  if (event === undefined) throw new Error('there are no events');
  JSON.parse(Buffer.from(event.value.buffer, event.value.byteOffset, event.value.length).toString());
}
