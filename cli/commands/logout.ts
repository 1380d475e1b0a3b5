import type { Command } from 'commander';
import { addServerOption, type ServerOption } from '../server/server-options.ts';

export function addLogoutCommand(program: Command): void {
  addServerOption(program.command('logout'))
    .description('Forget the login at a server, and tell the identity provider that its tokens end')
    .addHelpText('after', '\nExample:\n  $ rollcall logout --server https://registry.example')
    .action(async (options: ServerOption) => {
      const { logOut } = await import('../login/log-out.ts'); // slow to load
      await logOut(options);
    });
}
