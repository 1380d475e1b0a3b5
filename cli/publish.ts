import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { readDocumentText } from './document-file.ts';
import { CommandFailure } from './failure.ts';
import { refusalText } from './refusal.ts';
import { connectServer } from './server-connection.ts';
import { addServerOptions, printAnswer, type ServerOptions } from './server-options.ts';

interface PublishOptions extends ServerOptions {
  readonly registry?: string;
}

/** The part of an answer that is shown. */
interface Published {
  readonly server: { readonly name: string; readonly version: string };
}

export function addPublishCommand(program: Command): void {
  const command = program
    .command('publish')
    .argument('<file>', 'a server.json, or - for standard input')
    .description('Publish a server to a registry that has a managed source')
    .option('--registry <name>', 'the registry; without it the default one')
    .addHelpText(
      'after',
      '\nExamples:\n  $ rollcall publish server.json\n  $ rollcall publish server.json --registry internal',
    );
  addServerOptions(command).action(async (file: string, options: PublishOptions) => {
    const published = await publish(await readDocumentText(file), options);
    printAnswer(options, published, ({ server }) => `Published ${server.name} ${server.version}`);
  });
}

async function publish(document: string, options: PublishOptions): Promise<Published> {
  const connection = await connectServer(options);
  const registry = options.registry === undefined ? '' : `/registry/${encodeURIComponent(options.registry)}`;
  const response = await connection.fetch(`${connection.server}${registry}/v0.1/publish`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: document,
  });
  const text = await response.text();
  if (!response.ok) throw new CommandFailure(`Not published: ${refusalText(response.status, text)}`);
  return JSON.parse(text) as Published;
}
