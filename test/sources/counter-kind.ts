/** A kind of source that exists only in tests: one server, whose version is a number that the test increases. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { mapping } from '../../config/schema/mapping.ts';
import { addSourceKind } from '../../sources/index.ts';
import type { SourceKind, SourceReader } from '../../sources/source-kind.ts';

/** The upstreams, by name. */
export const counters = new Map<string, number>();
/** Number of fetches of each source. */
export const fetches = new Map<string, number>();

type CounterOrigin = { readonly kind: 'counter'; readonly counter: string };

const schema = mapping({ name: z.string().describe('Name of the counter') });
const state = z.object({ count: z.number() });
type CounterState = z.output<typeof state>;

function read({ counter }: CounterOrigin): number {
  return counters.get(counter) ?? 0;
}

const reader: SourceReader<CounterOrigin, CounterState> = {
  state,
  check: async ({ origin, previous }) => (read(origin) === previous.count ? 'nothing' : 'maybe'),
  fetch: async ({ origin, previous, stager }) => {
    fetches.set(origin.counter, (fetches.get(origin.counter) ?? 0) + 1);
    const count = read(origin);
    if (previous?.count === count) return { snapshot: 'unchanged', coverage: 'complete', state: previous };
    const server = { name: `io.example/${origin.counter}`, version: `${count}.0.0`, description: 'Counts' };
    await stager.stageDocument({ name: origin.counter, bytes: Readable.from([Buffer.from(JSON.stringify([server]))]) });
    return { snapshot: 'staged', coverage: 'complete', state: { count }, upstreamRevision: String(count) };
  },
  watch: async ({ origin, signal, lastSync }) => {
    for (;;) {
      const { applied } = await lastSync();
      if (applied !== null && applied.count !== read(origin)) return;
      await delay(50, undefined, { signal });
    }
  },
};

const counterKind: SourceKind<CounterOrigin, z.output<typeof schema>> = {
  key: 'counter',
  name: 'counter',
  schema,
  withoutFormat: 'a counter',
  defaultIntervalMs: () => 3_600_000,
  originOf: ({ name }) => ({ kind: 'counter', counter: name }),
  written: ({ counter }) => ({ name: counter }),
  label: ({ counter }) => `counter ${counter}`,
  admissionFaults: ({ counter }) =>
    counter === 'private' ? [{ path: ['counter', 'name'], message: 'is private' }] : [],
  isWatched: () => true,
  loadReader: async () => reader,
};

addSourceKind(counterKind);
