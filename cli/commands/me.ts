import type { Command } from 'commander';
import { type AdminAnswers, askServer } from '../server/admin-client.ts';
import { formatDetails } from '../terminal/table.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

/** Older servers don't send the kind. */
type DescribedCaller = Omit<AdminAnswers['me'], 'kind'> & Partial<Pick<AdminAnswers['me'], 'kind'>>;

export function addMeCommand(parent: Command): void {
  addServerOptions(parent.command('me'))
    .description('Show how the server identifies you and what you are allowed to do')
    .addHelpText('after', '\nExample:\n  $ rollcall me --server https://registry.example')
    .action(async (options: ServerOptions) => {
      const caller = await askServer(options, (client) => client.me.query());
      printAnswer(options, caller, callerText);
    });
}

function callerText({ kind, subject, issuer, displayName, roles, mayWrite }: DescribedCaller): string {
  const isEverybody = kind === undefined ? subject === null : kind === 'everybody';
  if (isEverybody) return 'The server runs in anonymous mode: anyone can do everything';
  return formatDetails(displayName ?? subject ?? 'A token without a subject', {
    subject,
    issuer,
    roles: roles.length === 0 ? null : roles.join(', '),
    'can make changes': changesText({ roles, mayWrite }),
  });
}

function changesText({ roles, mayWrite }: Pick<DescribedCaller, 'roles' | 'mayWrite'>): string {
  if (!mayWrite) return 'no: the token lacks the write scope';
  return roles.length === 0 ? 'no: you have no role' : 'yes, within these roles';
}
