import type { Command } from 'commander';
import { askServer } from '../server/admin-client.ts';
import { positiveInteger } from '../terminal/options.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { syncDetails } from '../terminal/sync-details.ts';
import { outcomeText } from '../terminal/sync-outcome.ts';
import { formatTable } from '../terminal/table.ts';
import { roundedDuration, relativeTime } from '../terminal/time-text.ts';

interface RunsOptions extends ServerOptions {
  readonly limit: number;
  readonly run?: number;
}

export function addRunsCommand(program: Command): void {
  const command = program
    .command('runs')
    .argument('<source>', 'name of the source')
    .description('List recent syncs of a source, newest first')
    .option(
      '--limit <number>',
      'number of syncs, at most 100; with --run, number of entries per kind, at most 1000',
      positiveInteger,
      20,
    )
    .option(
      '--run <number>',
      'show one sync with its rejections and warnings, and the entries that it removed, changed, and added',
      positiveInteger,
    )
    .addHelpText('after', '\nExamples:\n  $ rollcall runs team-catalog\n  $ rollcall runs team-catalog --run 3');
  addServerOptions(command).action(async (source: string, options: RunsOptions) => {
    await (options.run === undefined ? listRuns(source, options) : showRun(source, options.run, options));
  });
}

async function listRuns(source: string, options: RunsOptions): Promise<void> {
  const runs = await askServer(options, (client) => client.sources.runs.query({ name: source, limit: options.limit }));
  printAnswer(options, runs, () =>
    runs.length === 0
      ? `${source} has never been synced`
      : formatTable(
          ['sync', 'trigger', 'started', 'took', 'entries', 'outcome'],
          runs.map((run) => [
            run.number,
            run.trigger,
            relativeTime(run.startedAt),
            run.endedAt === null ? null : roundedDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt)),
            countedEntries(run),
            outcomeText(run),
          ]),
          { shortened: ['outcome'] },
        ),
  );
}

/** Returns null for a sync that ended before it counted entries: it failed, or there was nothing to download. */
function countedEntries({ outcome, entries }: { outcome: string | null; entries: number }): number | null {
  return entries === 0 && outcome !== 'changed' ? null : entries;
}

async function showRun(source: string, number: number, options: RunsOptions): Promise<void> {
  const run = await askServer(options, (client) => client.sources.run.query({ name: source, number, limit: 1000 }));
  printAnswer(options, run, () => syncDetails(source, run, options.limit));
}
