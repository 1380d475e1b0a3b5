/** From the command to the first answer, with everything embedded, as `npm start` runs it. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { type Figure, plain } from '../figure.ts';
import { sampleOf } from '../sample.ts';
import { startServe } from '../serve-command.ts';

/** Seconds from the command. */
interface StartUp {
  readonly answered: number;
  readonly synced: number;
}

export async function measureStartUp(bench: Bench): Promise<Figure[]> {
  const directory = join(bench.directory, 'start-up');
  const file = await bench.dataSet({ entries: 100, versionsPerServer: 'real' });
  bench.say('start with an empty data folder');
  const first = await startOnce(directory, file);
  const later: number[] = [];
  for (let run = 0; run < (bench.quick ? 2 : 5); run += 1) {
    bench.say(`start with the data kept, run ${run + 1}`);
    later.push((await startOnce(directory, file)).answered);
  }
  return [
    plain({ line: 'start with an empty data folder to the first answer', unit: 's', ours: sampleOf([first.answered]) }),
    plain({ line: 'the same to the first synced entry', unit: 's', ours: sampleOf([first.synced]) }),
    plain({ line: 'start with the data kept to the first answer', unit: 's', ours: sampleOf(later) }),
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
    return { answered, synced: seconds() };
  } finally {
    await serve.stop();
  }
}
