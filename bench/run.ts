/** `npm run bench`: measures speed and size, and prints a table. */
import { parseArgs } from 'node:util';
import { Bench } from './bench.ts';
import type { Figure } from './figures/figure.ts';
import { stopLargeRegistry } from './system/large-registry.ts';
import { loadToolName } from './load/load.ts';
import { MEASURES, QUICK_MEASURES } from './measures/index.ts';
import { describeMachine, formatTable, type Report } from './figures/report.ts';

const USAGE = `npm run bench -- [--quick] [--entries N] [--json] [--only MEASURE]...

  --quick   10,000 entries, one short run each, a subset of the measures: a few minutes
  --entries entries of the large registry: 100000, or 10000 with --quick
  --json    the report as JSON instead of a table
  --only    one of ${Object.keys(MEASURES).join(', ')}; may be repeated
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    entries: { type: 'string' },
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});
const chosen = options.only ?? (options.quick ? QUICK_MEASURES : Object.keys(MEASURES));
const unknown = chosen.filter((name) => !(name in MEASURES));
if (options.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `Unknown measure: ${unknown.join(', ')}.\n\n${USAGE}` : USAGE);
  process.exit(options.help ? 0 : 2);
}

// Child processes stop in the exit handlers, so turn signals into a regular exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const report = await measureAll(chosen);
process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
process.exitCode = report.failures.length === 0 ? 0 : 1;

async function measureAll(names: readonly string[]): Promise<Report> {
  const started = Date.now();
  const onProgress = (what: string): void => {
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${what}\n`);
  };
  const bench = await Bench.start({
    quick: options.quick,
    ...(options.entries !== undefined && { entries: Number(options.entries) }),
    onProgress,
  });
  const figures: Figure[] = [];
  const failures: { measure: string; message: string }[] = [];
  try {
    for (const name of names) {
      try {
        figures.push(...(await MEASURES[name]!(bench)));
      } catch (error) {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        failures.push({ measure: name, message });
        bench.say(`${name} failed: ${message}`);
      }
    }
  } finally {
    await stopLargeRegistry(bench);
    await bench.stop();
  }
  return {
    date: new Date(started).toISOString(),
    machine: describeMachine(),
    loadTool: await loadToolName(),
    quick: options.quick,
    figures,
    failures,
  };
}

function formatReport({ date, machine, loadTool, quick, figures, failures }: Report): string {
  const head = `${date.slice(0, 16).replace('T', ' ')} UTC, ${machine}, load by ${loadTool}${quick ? ', quick' : ''}`;
  const failed = failures.map(({ measure, message }) => `\n${measure} failed: ${message}\n`).join('');
  return `\n${head}\n\n${formatTable(figures)}\n${failed}`;
}
