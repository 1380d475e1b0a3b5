import type { Command } from 'commander';
import type { Claims } from '../../registry/claims.ts';
import type { EntryKind } from '../../registry/entry-kind.ts';
import { askServer } from '../server/admin-client.ts';
import { collectClaim, entryKindOption } from '../terminal/options.ts';
import { readDocumentText } from '../terminal/document-file.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

interface PublishOptions extends ServerOptions {
  readonly kind: EntryKind;
  readonly registry?: string;
  readonly claim?: Claims;
}

export function addPublishCommand(program: Command): void {
  publishes(program.command('publish')).addHelpText(
    'after',
    [
      '\nExamples:',
      '  $ rollcall publish server.json',
      '  $ rollcall publish server.json --registry internal --claim team=payments',
      '  $ rollcall publish skill.json --kind skill',
      '\nUse `rollcall admin entries` to change or delete what was published.',
    ].join('\n'),
  );
}

/** Configures a command that publishes a file; shared by `publish` and `admin entries publish`. */
export function publishes(command: Command): Command {
  return addServerOptions(command)
    .argument('<file>', 'a server.json, or the document of a skill or plugin; - for standard input')
    .description('Publish a server, skill, or plugin to a registry with a managed source')
    .addOption(entryKindOption())
    .option('--registry <name>', 'target registry (default: the default registry)')
    .option(
      '--claim <name=value>',
      'claim that readers must hold; repeat for more claims, or for alternative values of one',
      collectClaim,
    )
    .action(async (file: string, { kind, registry, claim: claims, ...options }: PublishOptions) => {
      const publication = {
        entryKind: kind,
        document: await readDocumentText(file),
        ...(registry !== undefined && { registry }),
        ...(claims !== undefined && { claims }),
      };
      const published = await askServer(options, (client) => client.entries.publish.mutate(publication));
      printAnswer(options, published, ({ name, version }) => `Published ${name} ${version}`);
    });
}
