/** The options that all commands have in common which talk to a running Rollcall. */
import { type Command, Option } from 'commander';
import { CommandFailure, USAGE_EXIT_STATUS } from '../terminal/failure.ts';
import { printable } from '../terminal/printable.ts';

/** Which server, and whom to trust that it is the one. */
export interface ServerOption {
  /** The base URL of the API. */
  readonly server: string;
  /** Certificate authorities (PEM) that are trusted beside those of the system. */
  readonly caFile?: string;
}

export interface ServerOptions extends ServerOption {
  /** A file with the bearer token to send. */
  readonly tokenFile?: string;
  /** Print what the server answered, for machines. */
  readonly json: boolean;
}

/** Adds `--server` and `--ca-file`. */
export function addServerOption(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'the running Rollcall').env('ROLLCALL_SERVER').default('http://127.0.0.1:8080'),
    )
    .addOption(
      new Option('--ca-file <file>', 'trust these certificate authorities (PEM) as well').env('ROLLCALL_CA_FILE'),
    );
}

/**
 * Adds `--server`, `--ca-file`, `--token-file` and `--json`. There is no option for a token itself: arguments are
 * shown to everybody on the machine by `ps`, and kept by shells.
 */
export function addServerOptions(command: Command): Command {
  return addServerOption(command)
    .addOption(
      new Option(
        '--token-file <file>',
        'a file with the bearer token; without it ROLLCALL_TOKEN, else what `rollcall login` stored',
      ).env('ROLLCALL_TOKEN_FILE'),
    )
    .option('--json', 'print JSON', false);
}

/**
 * The URL as URLs are compared, without a slash at its end.
 *
 * @throws CommandFailure where it is no URL of a server
 */
export function baseUrl(server: string): string {
  if (!URL.canParse(server)) throw new CommandFailure(`--server: ${server} is not a URL`, USAGE_EXIT_STATUS);
  const url = new URL(server);
  if (url.username !== '' || url.password !== '') {
    throw new CommandFailure('--server: leave the user and the password out of the URL', USAGE_EXIT_STATUS);
  }
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new CommandFailure(
      `--server: ${server} is not the URL of a server, such as https://registry.example`,
      USAGE_EXIT_STATUS,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Prints an answer, as JSON or as the text that `format` makes of it. */
export function printAnswer<Answer>(
  options: Pick<ServerOptions, 'json'>,
  answer: Answer,
  format: (answer: Answer) => string,
): void {
  console.log(printable(options.json ? JSON.stringify(answer, null, 2) : format(answer)));
}
