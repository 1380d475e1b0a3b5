import type { Command } from 'commander';
import type { inferRouterOutputs } from '@trpc/server';
import type { AdminRouter } from '../../api/trpc/router.ts';
import { askServer } from '../server/admin-client.ts';
import { formatDetails } from '../terminal/details.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

type DescribedCaller = inferRouterOutputs<AdminRouter>['me'];

export function addMeCommand(parent: Command): void {
  addServerOptions(parent.command('me'))
    .description('Say who you are to the server, and what you may do')
    .addHelpText('after', '\nExample:\n  $ rollcall me --server https://registry.example')
    .action(async (options: ServerOptions) => {
      const caller = await askServer(options, (client) => client.me.query());
      printAnswer(options, caller, callerText);
    });
}

function callerText({ subject, issuer, displayName, roles, mayWrite }: DescribedCaller): string {
  if (subject === null) return 'The server asks nobody who they are: everybody may do everything';
  return formatDetails(displayName ?? subject, {
    subject,
    issuer,
    roles: roles.length === 0 ? null : roles.join(', '),
    'may change things': changesText({ roles, mayWrite }),
  });
}

function changesText({ roles, mayWrite }: Pick<DescribedCaller, 'roles' | 'mayWrite'>): string {
  if (!mayWrite) return 'no: the token lacks the scope for it';
  return roles.length === 0 ? 'no: that takes a role' : 'what the roles allow';
}
