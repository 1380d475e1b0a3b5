import type { Command } from 'commander';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AdminRouter } from '../../../api/trpc/router.ts';
import { askServer } from '../../server/admin-client.ts';
import { claimsText } from '../../terminal/claims-text.ts';
import { definedByText } from '../../terminal/defined-by.ts';
import { sendsDefinition } from '../../terminal/definition-file.ts';
import { formatDetails } from '../../terminal/details.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { lastSyncText, listSources } from '../sources.ts';
import { relativeTime } from '../../terminal/time-text.ts';

type SourceInput = inferRouterInputs<AdminRouter>['sources']['create'];
type SourceDetails = inferRouterOutputs<AdminRouter>['sources']['get'];

const EXAMPLE_FILE = [
  '\nThe file is one item of the list `sources` of the configuration file, such as',
  '  name: partner-catalog',
  '  api: {endpoint: https://registry.partner.example}',
  '  syncPolicy: {interval: 1h}',
  '  claims: {team: integrations}',
].join('\n');

export function addAdminSourcesCommand(admin: Command): void {
  const sources = admin.command('sources').description('Where entries come from');
  listSources(sources.command('list')).addHelpText('after', '\nThe same as `rollcall sources`.');
  addGet(sources);
  addCreate(sources);
  addUpdate(sources);
  addDelete(sources);
}

function addGet(sources: Command): void {
  addServerOptions(sources.command('get'))
    .argument('<name>', 'name of the source')
    .description('Show one source and what it is doing')
    .addHelpText('after', '\nExample:\n  $ rollcall admin sources get team-catalog')
    .action(async (name: string, options: ServerOptions) => {
      const source = await askServer(options, (client) => client.sources.get.query({ name }));
      printAnswer(options, source, detailsText);
    });
}

function detailsText({ name, kind, origin, claims, entryCount, lastRun, actor }: SourceDetails): string {
  return formatDetails(name, {
    kind,
    'defined by': definedByText(origin),
    claims: claimsText(claims),
    entries: String(entryCount),
    phase: actor === null ? 'not known: Temporal does not answer' : actor.phase,
    'next sync': relativeTime(actor?.nextCycleAt),
    'last checked': relativeTime(actor?.lastCheckedAt),
    'last success': relativeTime(actor?.lastSuccessAt),
    'last sync': lastSyncText(kind, lastRun),
  });
}

function addCreate(sources: Command): void {
  sendsDefinition(sources.command('create'), {
    send: (client, definition: SourceInput) => client.sources.create.mutate(definition),
    describe: (source) => `Created ${source.name}${pendingText(source)}`,
  })
    .description('Add a source, which is synced at once')
    .addHelpText('after', `${EXAMPLE_FILE}\n\nExample:\n  $ rollcall admin sources create -f partner-catalog.yaml`);
}

function addUpdate(sources: Command): void {
  sendsDefinition(sources.command('update'), {
    send: (client, definition: SourceInput) => client.sources.update.mutate(definition),
    describe: (source) => `Updated ${source.name}${pendingText(source)}`,
  })
    .description('Give a source another definition as a whole; it is synced where that differs')
    .addHelpText('after', `${EXAMPLE_FILE}\n\nExample:\n  $ rollcall admin sources update -f partner-catalog.yaml`);
}

function addDelete(sources: Command): void {
  addServerOptions(sources.command('delete'))
    .argument('<name>', 'name of the source')
    .description('Remove a source and all of its entries, those that were published to it as well')
    .addHelpText('after', '\nExample:\n  $ rollcall admin sources delete partner-catalog')
    .action(async (name: string, options: ServerOptions) => {
      const deleted = await askServer(options, (client) => client.sources.delete.mutate({ name }));
      printAnswer(options, { name, ...deleted }, () => `Deleted ${name}${pendingText(deleted)}`);
    });
}

/** What is stored takes effect although Temporal is away, only later. */
function pendingText({ isPending }: { readonly isPending: boolean }): string {
  return isPending ? '; it takes effect a few minutes after Temporal is back' : '';
}
