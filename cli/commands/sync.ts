import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { SyncReport } from '../../workflows/contract/syncs.ts';
import { type AdminClient, askServer } from '../server/admin-client.ts';
import { CommandFailure } from '../terminal/failure.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { roundedDuration } from '../terminal/time-text.ts';

interface SyncOptions extends ServerOptions {
  readonly wait: boolean;
  readonly force: boolean;
  readonly reason?: string;
}

const POLL_EVERY_MS = 300;

export function addSyncCommand(program: Command): void {
  const command = program
    .command('sync')
    .argument('<source>', 'name of the source')
    .description('Sync a source now')
    .option('--wait', 'wait until the sync has ended; exit status 1 if it failed', false)
    .option('--force', 'fetch even if nothing seems new, and override the removal guard once', false)
    .option('--reason <text>', 'reason to record with the sync')
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall sync team-catalog --wait\n  $ rollcall sync mirror --force --reason "upstream was cleaned up"',
    );
  addServerOptions(command).action(async (source: string, options: SyncOptions) => {
    const { force, reason } = options;
    await askServer(options, async (client) => {
      const request = { name: source, force, ...(reason === undefined ? {} : { reason }) };
      const started = await client.sources.sync.mutate(request);
      if (!options.wait) {
        printAnswer(options, started, ({ number }) => `Sync ${number} of ${source} started`);
        return;
      }
      const report = await waitForReport(client, source, started.number);
      printAnswer(options, report, (ended) => reportText(source, ended));
      // The report says why.
      if (report.outcome === 'failed' || report.outcome === 'cancelled') throw new CommandFailure('');
    });
  });
}

/** Polls, because a sync can take longer than the connection timeouts of proxies. */
async function waitForReport(client: AdminClient, source: string, number: number): Promise<SyncReport> {
  for (;;) {
    const { actor } = await client.sources.get.query({ name: source });
    const report = actor?.recentSyncs.find((sync) => sync.number === number);
    if (report !== undefined) return report;
    await delay(POLL_EVERY_MS);
  }
}

function reportText(source: string, report: SyncReport): string {
  const { outcome, counts, failure } = report;
  const took = roundedDuration(Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const heading = `Sync ${report.number} of ${source}: ${outcome} (${took})`;
  if (failure !== undefined) return `${heading}\n  ${failure.type}: ${failure.message}`;
  if (counts === undefined || outcome === 'unchanged') return heading;
  return `${heading}\n  ${Object.entries(counts)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')}`;
}
