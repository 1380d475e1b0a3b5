import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { addConfigurationOption, type ConfigurationFileOption, readConfiguration } from '../run/configuration.ts';
import { CommandFailure } from '../terminal/failure.ts';

interface PrimeOptions extends ConfigurationFileOption {
  readonly dryRun: boolean;
}

export function addPrimeDbCommand(program: Command): void {
  addConfigurationOption(program.command('prime-db'))
    .argument('[user]', 'application user (default: the user in the configuration)')
    .description(
      'Create the application database user, which can only read and write rows (password on standard input)',
    )
    .option('--dry-run', 'print the SQL instead of running it', false)
    .addHelpText(
      'after',
      [
        '\nThe migration user in the configuration needs permission to create roles.',
        '\nExamples:',
        '  $ rollcall prime-db registry_app --config rollcall.yaml < password.txt',
        '  $ rollcall prime-db --config rollcall.yaml --dry-run < password.txt | psql',
      ].join('\n'),
    )
    .action(async (user: string | undefined, { config, dryRun }: PrimeOptions) => {
      const { migrationConnection } = await import('../../config/connection.ts');
      const { primeDatabase, primeDatabaseSql } = await import('../../db/upkeep/prime.ts');
      const { database } = await readConfiguration(config);
      if (database === undefined)
        throw new CommandFailure(`${config} has no \`database\` section; the embedded database creates its own users`);
      const login = { user: user ?? database.user, password: await readPassword() };
      if (dryRun) return console.log(primeDatabaseSql(login.user, login.password));
      await primeDatabase(await migrationConnection(database), login);
      console.log(`${login.user} can read and write rows of ${database.database}`);
    });
}

async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY ? await promptHidden('Password: ') : (await text(process.stdin)).trim();
  if (password === '') throw new CommandFailure('The password is empty: pass it on standard input');
  return password;
}

/** Reads a line without echoing it. */
async function promptHidden(question: string): Promise<string> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const answer = await terminal.question('');
  terminal.close();
  process.stderr.write('\n');
  return answer;
}
