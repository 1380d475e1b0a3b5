import { type Command, Option } from 'commander';
import type { LoginOptions } from '../login/log-in.ts';
import { addServerOption } from '../server/server-options.ts';

export function addLoginCommand(program: Command): void {
  addServerOption(program.command('login'))
    .description('Log in to a server that has authentication; other commands then send the token that it leaves')
    .addOption(
      new Option('--client-id <id>', 'the client that is registered at the identity provider for this').env(
        'ROLLCALL_CLIENT_ID',
      ),
    )
    .option('--issuer <url>', 'the identity provider, where the server takes the tokens of several')
    .option('--scope <scopes>', 'what the token is to allow, separated by spaces; default: all that the server names')
    .option('--audience <value>', 'the parameter that Auth0 wants instead of a resource')
    .option('--no-resource', "don't name the server to the provider (RFC 8707); some refuse to be told")
    .addHelpText(
      'after',
      [
        '\nIt prints a link and a code; open the link in any browser, on any machine, and confirm.',
        'The tokens are kept in $XDG_CONFIG_HOME/rollcall/credentials.json and renewed as long as the provider lets them.',
        '\nExamples:',
        '  $ rollcall login --server https://registry.example --client-id rollcall-cli',
        '  $ rollcall sources --server https://registry.example',
        '\nWhere nobody can confirm, such as in CI, give a token to each command: ROLLCALL_TOKEN, or --token-file FILE.',
      ].join('\n'),
    )
    .action(async (options: LoginOptions) => {
      const { logIn } = await import('../login/log-in.ts'); // slow to load
      await logIn(options);
    });
}
