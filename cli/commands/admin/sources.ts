import type { Command } from 'commander';
import { type AdminAnswers, type AdminInputs, askServer } from '../../server/admin-client.ts';
import { claimsText, definedByText } from '../../terminal/texts.ts';
import { sendsDefinition } from '../../terminal/definition-file.ts';
import { formatDetails } from '../../terminal/table.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { lastSyncText, listSources } from '../sources.ts';
import { nextAttemptText, stateText } from '../../terminal/source-state.ts';
import { relativeTime } from '../../terminal/time-text.ts';

type SourceInput = AdminInputs['sources']['create'];
type SourceDetails = AdminAnswers['sources']['get'];

const EXAMPLE_FILE = [
  '\nThe file has the format of one item in `sources` of the configuration file:',
  '  name: partner-catalog',
  '  api: {endpoint: https://registry.partner.example}',
  '  syncPolicy: {interval: 1h}',
  '  claims: {team: integrations}',
].join('\n');

export function addAdminSourcesCommand(admin: Command): void {
  const sources = admin.command('sources').description('Manage sources: where entries come from');
  listSources(sources.command('list')).addHelpText('after', '\nSame as `rollcall sources`.');
  addGet(sources);
  addWrite(sources, 'create', 'Add a source and sync it immediately');
  addWrite(sources, 'update', 'Replace the definition of a source and sync it if the definition changed');
  addDelete(sources);
}

function addGet(sources: Command): void {
  addServerOptions(sources.command('get'))
    .argument('<name>', 'name of the source')
    .description('Show a source and its current state')
    .addHelpText('after', '\nExample:\n  $ rollcall admin sources get team-catalog')
    .action(async (name: string, options: ServerOptions) => {
      const source = await askServer(options, (client) => client.sources.get.query({ name }));
      printAnswer(options, source, detailsText);
    });
}

function detailsText({ name, kind, origin, claims, entryCount, lastRun, state, actor }: SourceDetails): string {
  return formatDetails(name, {
    kind,
    'defined by': definedByText(origin),
    claims: claimsText(claims),
    entries: String(entryCount),
    state: stateText(state),
    'now doing': actor === null ? 'unknown: Temporal or its worker is unavailable' : actor.phase,
    'next attempt': actor?.nextCycleAt === undefined ? nextAttemptText(state) : relativeTime(actor.nextCycleAt),
    'last attempt': relativeTime(state.lastAttempt),
    'last success': relativeTime(state.lastSuccess),
    'last sync': lastSyncText(kind, lastRun),
  });
}

function addWrite(sources: Command, verb: 'create' | 'update', description: string): void {
  const done = verb === 'create' ? 'Created' : 'Updated';
  sendsDefinition(sources.command(verb), {
    send: (client, definition: SourceInput) => client.sources[verb].mutate(definition),
    describe: (source) => `${done} ${source.name}${pendingText(source)}`,
  })
    .description(description)
    .addHelpText('after', `${EXAMPLE_FILE}\n\nExample:\n  $ rollcall admin sources ${verb} -f partner-catalog.yaml`);
}

function addDelete(sources: Command): void {
  addServerOptions(sources.command('delete'))
    .argument('<name>', 'name of the source')
    .description('Delete a source and all its entries, including published ones')
    .addHelpText('after', '\nExample:\n  $ rollcall admin sources delete partner-catalog')
    .action(async (name: string, options: ServerOptions) => {
      const deleted = await askServer(options, (client) => client.sources.delete.mutate({ name }));
      printAnswer(options, { name, ...deleted }, () => `Deleted ${name}${pendingText(deleted)}`);
    });
}

/** A change that was stored while Temporal was unavailable takes effect later. */
function pendingText({ isPending }: { readonly isPending: boolean }): string {
  return isPending ? '; takes effect within minutes after Temporal is available again' : '';
}
