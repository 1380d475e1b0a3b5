/** Reads the definition of a source or registry from its own file, in the format of a list item of the configuration file. */
import type { Command } from 'commander';
import { isJsonObject } from '../../registry/json.ts';
import { type AdminClient, askServer } from '../server/admin-client.ts';
import { readDocumentText } from './document-file.ts';
import { describeError } from '../../telemetry/describe-error.ts';
import { CommandFailure } from './failure.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

interface DefinitionFileOptions extends ServerOptions {
  readonly file: string;
}

export interface DefinitionUse<Definition, Answer> {
  readonly send: (client: AdminClient, definition: Definition) => Promise<Answer>;
  readonly describe: (answer: Answer) => string;
}

/** Configures a command that sends the definition in the file that `-f` names. */
export function sendsDefinition<Definition, Answer>(
  command: Command,
  { send, describe }: DefinitionUse<Definition, Answer>,
): Command {
  return addServerOptions(command)
    .requiredOption('-f, --file <file>', 'definition as YAML or JSON; - for standard input')
    .action(async (options: DefinitionFileOptions) => {
      const definition = await readDefinition<Definition>(options.file);
      const answer = await askServer(options, (client) => send(client, definition));
      printAnswer(options, answer, describe);
    });
}

/**
 * Reads a definition. The server validates it with the rules of the configuration file.
 *
 * @param Definition the type that the server expects
 * @throws CommandFailure if the file can't be read or isn't a single object
 */
async function readDefinition<Definition>(path: string): Promise<Definition> {
  const text = await readDocumentText(path);
  const definition = await parseDefinition(path, text);
  if (isJsonObject(definition)) return definition as Definition;
  throw new CommandFailure(
    Array.isArray(definition)
      ? `${path} contains a list: pass a single item`
      : `${path} contains no definition: write it like one list item of the configuration file, starting with \`name:\``,
  );
}

async function parseDefinition(path: string, text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml'); // slow to load, and only some commands need it
  const { valueOf } = await import('../../registry/document/yaml-places.ts');
  try {
    const document = parseDocument(text);
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return valueOf(document, text);
  } catch (error) {
    throw new CommandFailure(`${path} is neither YAML nor JSON: ${describeError(error)}`);
  }
}
