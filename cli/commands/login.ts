import { type Command, Option } from 'commander';
import type { LoginOptions } from '../login/log-in.ts';
import { addServerOption, type ServerOption } from '../server/server-options.ts';

export function addLoginCommand(program: Command): void {
  addServerOption(program.command('login'))
    .description('Log in to a server; later commands send the stored token')
    .addOption(
      new Option('--client-id <id>', 'client ID registered for the CLI at the identity provider').env(
        'ROLLCALL_CLIENT_ID',
      ),
    )
    .option('--issuer <url>', 'identity provider to use when the server accepts several')
    .option('--scope <scopes>', 'scopes to request, separated by spaces (default: all scopes the server advertises)')
    .option('--audience <value>', 'audience parameter, for providers such as Auth0 that use it instead of a resource')
    .option('--no-resource', "don't send the resource parameter (RFC 8707), for providers that reject it")
    .addHelpText(
      'after',
      [
        '\nPrints a link and a code. Open the link in any browser, on any device, and confirm the code.',
        'Tokens are stored in $XDG_CONFIG_HOME/rollcall/credentials.json and renewed while the provider allows it.',
        '\nExamples:',
        '  $ rollcall login --server https://registry.example --client-id rollcall-cli',
        '  $ rollcall sources --server https://registry.example',
        '\nIn CI, pass a token to each command instead: ROLLCALL_TOKEN or --token-file FILE.',
      ].join('\n'),
    )
    .action(async (options: LoginOptions) => {
      const { logIn } = await import('../login/log-in.ts'); // slow to load
      await logIn(options);
    });
}

export function addLogoutCommand(program: Command): void {
  addServerOption(program.command('logout'))
    .description('Delete the stored login for a server and revoke its tokens')
    .addHelpText('after', '\nExample:\n  $ rollcall logout --server https://registry.example')
    .action(async (options: ServerOption) => {
      const { logOut } = await import('../login/log-out.ts'); // slow to load
      await logOut(options);
    });
}
