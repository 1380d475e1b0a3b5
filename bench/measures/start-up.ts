/** Time from the command to the first answer in embedded mode, as with `npm start`, and its parts. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { type Figure, plain } from '../figures/figure.ts';
import { type Sample, sampleOf } from '../figures/sample.ts';
import { startServe } from '../system/serve-command.ts';

/** Durations in seconds. */
interface StartUp {
  readonly answered: number;
  readonly synced: number;
  /** Node startup, module loading, and configuration. */
  readonly command: number;
  /** PostgreSQL and Temporal (in parallel), then migrations. */
  readonly services: number;
  /** The api process until its first answer. */
  readonly api: number;
}

export async function measureStartUp(bench: Bench): Promise<Figure[]> {
  const directory = join(bench.directory, 'start-up');
  const file = await bench.dataSet({ entries: 100, versionsPerServer: 'real' });
  bench.say('start with an empty data folder');
  const first = await startOnce(directory, file);
  const later: StartUp[] = [];
  for (let run = 0; run < bench.runs; run += 1) {
    bench.say(`start with existing data, run ${run + 1}`);
    later.push(await startOnce(directory, file));
  }
  const seconds = (line: string, ours: Sample): Figure => plain({ line, unit: 's', ours });
  const ofLater = (part: keyof StartUp): Sample => sampleOf(later.map((start) => start[part]));
  return [
    seconds('start with an empty data folder to the first answer', sampleOf([first.answered])),
    seconds('the same to the first synced entry', sampleOf([first.synced])),
    seconds('start with existing data to the first answer', ofLater('answered')),
    seconds('of that: the command (Node, modules, configuration)', ofLater('command')),
    seconds('of that: PostgreSQL, Temporal, and storing the configuration', ofLater('services')),
    seconds('of that: the API process', ofLater('api')),
  ];
}

async function startOnce(directory: string, file: string): Promise<StartUp> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const serve = await startServe(directory, { sources: [{ name: 'few', file: { path: file } }] });
  try {
    await serve.untilAnswered('/v0.1/servers?limit=1');
    const answered = seconds();
    await serve.untilAnswered('/v0.1/servers?limit=1', (body) => body.includes('"count":1'));
    const command = serve.secondsTo('Starting PostgreSQL') ?? NaN;
    const ready = serve.secondsTo('Starting the API') ?? NaN;
    return { answered, synced: seconds(), command, services: ready - command, api: answered - ready };
  } finally {
    await serve.stop();
  }
}
