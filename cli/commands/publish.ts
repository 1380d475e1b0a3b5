import type { Command } from 'commander';
import type { Claims } from '../../registry/claims.ts';
import { askServer } from '../server/admin-client.ts';
import { collectClaim } from '../terminal/claims-text.ts';
import { readDocumentText } from '../terminal/document-file.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

interface PublishOptions extends ServerOptions {
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
      '\n`rollcall admin entries` changes and deletes what is published.',
    ].join('\n'),
  );
}

/** Makes the command publish a file. */
export function publishes(command: Command): Command {
  return addServerOptions(command)
    .argument('<file>', 'a server.json, or - for standard input')
    .description('Publish a server to a registry that has a managed source')
    .option('--registry <name>', 'the registry; without it the default one')
    .option(
      '--claim <name=value>',
      'what a reader must hold; give it again for more claims, or for one of several values',
      collectClaim,
    )
    .action(async (file: string, { registry, claim: claims, ...options }: PublishOptions) => {
      const publication = {
        document: await readDocumentText(file),
        ...(registry !== undefined && { registry }),
        ...(claims !== undefined && { claims }),
      };
      const published = await askServer(options, (client) => client.entries.publish.mutate(publication));
      printAnswer(options, published, ({ name, version }) => `Published ${name} ${version}`);
    });
}
