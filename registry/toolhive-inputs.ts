/** Environment variables, headers and arguments: what the user of a server has to fill in, in both formats. */
import { defined, isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from './json.ts';

/** `env_vars` or `headers` of a ToolHive entry as key-value inputs of a server.json; undefined where there are none. */
export function toKeyValueInputs(variables: unknown): JsonObject[] | undefined {
  if (!Array.isArray(variables) || variables.length === 0 || !variables.every(isJsonObject)) {
    return undefined;
  }
  return variables.map((variable) =>
    defined({
      name: variable['name'],
      description: variable['description'],
      isRequired: variable['required'],
      isSecret: variable['secret'],
      default: variable['default'],
      choices: variable['choices'],
    }),
  );
}

/** The other way. ToolHive wants a description and whether the value is required of each of them. */
export function fromKeyValueInputs(inputs: unknown): JsonObject[] {
  return objectsOf(inputs).map((input) =>
    defined({
      name: input['name'],
      description: input['description'] ?? '',
      required: input['isRequired'] ?? false,
      secret: input['isSecret'],
      default: input['default'] ?? input['value'],
      choices: input['choices'],
    }),
  );
}

/**
 * The environment of a package: its own variables, and those that its runtime arguments set in the manner of
 * `docker run` (`-e KEY=value`, `--env KEY={variable}`).
 */
export function packageEnvironment(from: JsonObject): JsonObject[] {
  const ofRuntime = objectsOf(from['runtimeArguments']).flatMap((argument) => {
    const variable = environmentArgument(argument);
    return variable === null ? [] : [variable];
  });
  return [...fromKeyValueInputs(from['environmentVariables']), ...ofRuntime];
}

function environmentArgument(argument: JsonObject): JsonObject | null {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(textOf(argument['value']) ?? '') ?? [];
  if (argument['type'] !== 'named' || !['-e', '--env'].includes(String(argument['name'])) || name === undefined) {
    return null;
  }
  const reference = /^\{(.+)\}$/s.exec(value)?.[1];
  const variables = memberOf(argument, 'variables');
  const variable = reference !== undefined && Object.hasOwn(variables, reference) ? variables[reference] : undefined;
  return defined({
    name,
    description: argument['description'] ?? '',
    required: argument['isRequired'] === true || (isJsonObject(variable) && variable['isRequired'] === true),
    secret: isJsonObject(variable) ? variable['isSecret'] : undefined,
    default: isJsonObject(variable) ? variable['default'] : reference === undefined ? value : undefined,
  });
}

/** The arguments of a package as the words of a command line: the name of each, then its value. */
export function packageArguments(from: JsonObject): string[] {
  return objectsOf(from['packageArguments']).flatMap((argument) =>
    [argument['name'], argument['value'] ?? argument['default']].filter((word) => textOf(word) !== undefined),
  ) as string[];
}
