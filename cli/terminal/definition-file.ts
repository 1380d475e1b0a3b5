/** A source or a registry in a file of its own, written as the configuration file writes it in its lists. */
import type { Command } from 'commander';
import { isJsonObject } from '../../registry/json.ts';
import { type AdminClient, askServer } from '../server/admin-client.ts';
import { readDocumentText } from './document-file.ts';
import { CommandFailure, describeError } from './failure.ts';
import { addServerOptions, printAnswer, type ServerOptions } from '../server/server-options.ts';

interface DefinitionFileOptions extends ServerOptions {
  readonly file: string;
}

export interface DefinitionUse<Definition, Answer> {
  readonly send: (client: AdminClient, definition: Definition) => Promise<Answer>;
  readonly describe: (answer: Answer) => string;
}

/** Makes the command send what a file says, which `-f` names. */
export function sendsDefinition<Definition, Answer>(
  command: Command,
  { send, describe }: DefinitionUse<Definition, Answer>,
): Command {
  return addServerOptions(command)
    .requiredOption('-f, --file <file>', 'YAML or JSON; - for standard input')
    .action(async (options: DefinitionFileOptions) => {
      const definition = await readDefinition<Definition>(options.file);
      const answer = await askServer(options, (client) => send(client, definition));
      printAnswer(options, answer, describe);
    });
}

/**
 * What the file says. The server checks it, by the rules of the configuration file.
 *
 * @param Definition what the server expects
 * @throws CommandFailure where it can't be read, or is not one object
 */
async function readDefinition<Definition>(path: string): Promise<Definition> {
  const text = await readDocumentText(path);
  const { parse } = await import('yaml');
  const definition = parseWith(parse, { path, text });
  if (isJsonObject(definition)) return definition as Definition;
  throw new CommandFailure(
    Array.isArray(definition)
      ? `${path} is a list: give one item of it`
      : `${path} describes nothing: write it as an item of the configuration file, beginning with \`name:\``,
  );
}

function parseWith(
  parse: (text: string) => unknown,
  { path, text }: { readonly path: string; readonly text: string },
): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new CommandFailure(`${path} is neither YAML nor JSON: ${describeError(error)}`);
  }
}
