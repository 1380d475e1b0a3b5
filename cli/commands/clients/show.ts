import { type Command, Option } from 'commander';
import type { EntryStatus } from '../../../registry/entry.ts';
import type { EntryKind } from '../../../registry/entry-kind.ts';
import { serverForm } from '../../../registry/exports/form/server-form.ts';
import { installOptions } from '../../../registry/exports/install/options.ts';
import { INSTALL_CLIENTS } from '../../../registry/exports/install/way.ts';
import { OFFICIAL } from '../../../registry/server-json/extension.ts';
import { entryPath, readJson, registryPath } from '../../server/registry-reads.ts';
import { connectServer } from '../../server/server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../../server/server-options.ts';
import { showSkill } from './show-skill.ts';
import { entryKindOption } from '../../terminal/options.ts';
import { CommandFailure, USAGE_EXIT_STATUS } from '../../terminal/failure.ts';
import { printable } from '../../terminal/printable.ts';

interface ShowOptions extends ServerOptions {
  readonly kind: EntryKind;
  readonly registry?: string;
  readonly install?: string;
}

interface Item {
  readonly server: {
    readonly name: string;
    readonly version: string;
    readonly title?: string;
    readonly description: string;
    readonly websiteUrl?: string;
    readonly repository?: { readonly url?: string };
  };
  readonly _meta: {
    readonly [OFFICIAL]?: {
      readonly status?: EntryStatus;
      readonly statusMessage?: string;
      readonly updatedAt?: string;
    };
  };
}

export function addShowCommand(program: Command): void {
  addServerOptions(program.command('show'))
    .argument('<name>', 'the name, such as com.example/weather')
    .description('Show the latest version of a server, and how to install it; or of a skill or plugin')
    .addOption(entryKindOption())
    .option('--registry <name>', 'the registry (default: the default registry)')
    .addOption(
      new Option('--install <client>', 'print only the links and commands for this client').choices(INSTALL_CLIENTS),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall show com.example/weather\n  $ rollcall show com.example/weather --install claude-code\n  $ rollcall show com.example/pdf --kind skill',
    )
    .action(async (name: string, { kind, registry, install, ...options }: ShowOptions) => {
      refuseWithoutNamespace(name);
      if (kind !== 'server') return await showSkill(name, { kind, registry, ...options });
      const path = `${registryPath(registry)}${entryPath(kind, name)}/versions/latest`;
      const item = await readJson<Item>(await connectServer(options), path);
      if (install === undefined) printAnswer(options, item, (shown) => `${detailsOf(shown)}\n\n${installText(shown)}`);
      else printInstall(options, item, install);
    });
}

function refuseWithoutNamespace(name: string): void {
  if (/^[^/]+\/[^/]+$/.test(name)) return;
  const example = `com.example/${name.split('/').at(-1) || 'weather'}`;
  throw new CommandFailure(`Pass the name with its namespace, such as ${example}`, USAGE_EXIT_STATUS);
}

function detailsOf({ server, _meta }: Item): string {
  const { status = 'active', statusMessage, updatedAt } = _meta[OFFICIAL] ?? {};
  return [
    `${server.name} ${server.version}`,
    ...(server.title === undefined ? [] : [server.title]),
    server.description,
    '',
    `Status      ${status}${statusMessage === undefined ? '' : `: ${statusMessage}`}`,
    ...(updatedAt === undefined ? [] : [`Updated     ${updatedAt}`]),
    ...(server.repository?.url === undefined ? [] : [`Repository  ${server.repository.url}`]),
    ...(server.websiteUrl === undefined ? [] : [`Website     ${server.websiteUrl}`]),
  ].join('\n');
}

function optionsOf({ server, _meta }: Item): ReturnType<typeof installOptions> {
  const { status = 'active' } = _meta[OFFICIAL] ?? {};
  const { name, version } = server;
  return installOptions(serverForm({ name, version, status, isLatest: true, document: JSON.stringify(server) }));
}

function installText(item: Item): string {
  const lines = optionsOf(item).map((option) => {
    const heading = `${option.title} (${option.client}${option.kind === 'web-link' ? ', in the browser' : ''})`;
    if ('reason' in option) return `${heading}\n  not possible: ${option.reason}`;
    return [heading, `  ${option.text}`, ...option.notes.map((note) => `  ${note}`)].join('\n');
  });
  return ['To install it:', ...lines].join('\n');
}

/** Prints only the links and commands, so that a script can use the first line. */
function printInstall(options: Pick<ServerOptions, 'json'>, item: Item, client: string): void {
  const found = optionsOf(item).filter((option) => option.client === client);
  const possible = found.flatMap((option) => ('text' in option ? [option] : []));
  if (possible.length === 0) {
    const reasons = found.flatMap((option) => ('reason' in option ? [option.reason] : []));
    throw new CommandFailure(
      `${item.server.name} can't be installed in ${client}: ${[...new Set(reasons)].join('; ')}`,
    );
  }
  printAnswer(options, possible, (shown) => shown.map(({ text }) => text).join('\n'));
  for (const note of new Set(possible.flatMap(({ notes }) => notes))) console.error(printable(note));
}
