import type { Command } from 'commander';
import { type AdminAnswers, askServer } from '../server/admin-client.ts';
import { countText } from '../terminal/texts.ts';
import { addServerOptions, baseUrl, printAnswer, type ServerOptions } from '../server/server-options.ts';
import { failureText, nextAttemptText, stateText } from '../terminal/source-state.ts';

type Information = AdminAnswers['system']['info'];
type Source = AdminAnswers['sources']['list'][number];

export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('Show what runs, the number of entries, and failing, overdue, and paused sources')
    .addHelpText('after', '\nExample:\n  $ rollcall status --server https://registry.example');
  addServerOptions(command).action(async (options: ServerOptions) => {
    const status = await askServer(options, async (client) => {
      const [information, sources] = await Promise.all([client.system.info.query(), client.sources.list.query()]);
      const served = sources.filter(({ detachedAt }) => detachedAt === null);
      return {
        ...information,
        failing: served.filter(({ state }) => state.phase === 'failing'),
        overdue: served.filter(({ state }) => state.isOverdue && state.phase !== 'failing'),
        paused: served.filter(({ state }) => state.phase === 'paused'),
      };
    });
    printAnswer(options, status, ({ software, temporal, workers, counts, failing, overdue, paused }) =>
      [
        `Rollcall ${software.version} at ${baseUrl(options.server)}`,
        `  ${countsText(counts)}`,
        `  Temporal ${temporal.address}, namespace ${temporal.namespace}`,
        ...(temporal.uiUrl === undefined ? [] : [`  Web UI   ${temporal.uiUrl}`]),
        `  ${workersText(workers)}`,
        ...sourcesText('Failing', failing, failingText),
        ...sourcesText('Overdue', overdue, ({ state }) => `next attempt ${nextAttemptText(state)}`),
        ...sourcesText('Paused', paused, () => 'syncs only on request'),
        ...(failing.length === 0 ? ['  No failing sources'] : []),
      ].join('\n'),
    );
  });
}

function countsText({ entries, sources, registries }: Record<'entries' | 'sources' | 'registries', number>): string {
  return [
    countText(entries, 'entry', 'entries'),
    `from ${countText(sources, 'source', 'sources')}`,
    `in ${countText(registries, 'registry', 'registries')}`,
  ].join(' ');
}

function workersText(workers: Information['workers']): string {
  if (workers === null)
    return 'TEMPORAL UNAVAILABLE: nothing is synced or published; reads work. Try `rollcall doctor`';
  const idle = workers.taskQueues.filter((queue) => queue.workers === 0).map(({ name }) => name);
  if (idle.length > 0) {
    return `NO WORKER polls ${idle.join(', ')}: nothing is synced or published; reads work. Start \`rollcall worker\``;
  }
  return `Workers  ${workers.workers.map(({ identity }) => identity).join(', ')}`;
}

function sourcesText(title: string, sources: readonly Source[], text: (source: Source) => string): string[] {
  if (sources.length === 0) return [];
  return [`  ${title} sources:`, ...sources.map((source) => `    ${source.name}: ${text(source)}`)];
}

function failingText({ state }: Source): string {
  const next =
    state.isSyncing && !state.isOverdue ? 'trying again now' : `next attempt ${nextAttemptText(state) ?? 'on request'}`;
  return `${stateText(state)}, ${next}; ${failureText(state)}`;
}
