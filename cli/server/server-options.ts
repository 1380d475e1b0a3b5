/** Options shared by all commands that talk to a running Rollcall server. */
import { type Command, Option } from 'commander';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { printable } from '../terminal/printable.ts';

/** The server, and the certificate authorities to trust. */
export interface ServerOption {
  /** The base URL of the API. */
  readonly server: string;
  /** PEM file of certificate authorities to trust in addition to the system's. */
  readonly caFile?: string;
}

export interface ServerOptions extends ServerOption {
  /** File that contains the bearer token. */
  readonly tokenFile?: string;
  /** Print the server's answer as JSON. */
  readonly json: boolean;
}

/** Adds `--server` and `--ca-file`. */
export function addServerOption(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'base URL of the server').env('ROLLCALL_SERVER').default('http://127.0.0.1:8080'),
    )
    .addOption(
      new Option('--ca-file <file>', 'PEM file of additional certificate authorities to trust').env('ROLLCALL_CA_FILE'),
    );
}

/**
 * Adds `--server`, `--ca-file`, `--token-file` and `--json`. There is deliberately no option for the token itself:
 * `ps` shows arguments to all users of the machine, and shells keep them in their history.
 */
export function addServerOptions(command: Command): Command {
  return addServerOption(command)
    .addOption(
      new Option(
        '--token-file <file>',
        'file with the bearer token (default: ROLLCALL_TOKEN, then the token stored by `rollcall login`)',
      ).env('ROLLCALL_TOKEN_FILE'),
    )
    .option('--json', 'print JSON', false);
}

/**
 * Normalizes the base URL: no trailing slash.
 *
 * @param parameter the option or argument that contains the URL, for messages. Default: `--server`
 * @throws CommandFailure if it isn't a plain HTTP or HTTPS URL
 */
export function baseUrl(server: string, parameter = '--server'): string {
  if (!URL.canParse(server)) throw new CommandFailure(`${parameter}: ${server} is not a URL`, USAGE_EXIT_STATUS);
  const url = new URL(server);
  if (url.username !== '' || url.password !== '') {
    throw new CommandFailure(`${parameter}: remove the user name and password from the URL`, USAGE_EXIT_STATUS);
  }
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new CommandFailure(
      `${parameter}: ${server} is not the URL of a server, such as https://registry.example`,
      USAGE_EXIT_STATUS,
    );
  }
  return url.href.replace(/\/+$/, '');
}

export function printAnswer<Answer>(
  options: Pick<ServerOptions, 'json'>,
  answer: Answer,
  format: (answer: Answer) => string,
): void {
  console.log(printable(options.json ? JSON.stringify(answer, null, 2) : format(answer)));
}
