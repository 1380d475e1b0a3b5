/** Converts environment variables, headers, and arguments between both formats. */
import { literalWords, packageArgumentList, runtimeArgumentList } from '../exports/form/arguments.ts';
import { headerSettings, packageEnvironment, type Setting } from '../exports/form/environment.ts';
import { inputsOf, literalOf } from '../exports/form/template.ts';
import { defined, isJsonObject, type JsonObject } from '../json.ts';

/** Converts `env_vars` or `headers` of a ToolHive entry to inputs of a server.json. Undefined if there are none. */
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

/** Converts the headers of a remote to ToolHive's format. */
export function toolhiveHeaders(remote: JsonObject): JsonObject[] {
  return headerSettings(remote).map(toolhiveVariable);
}

export interface ToolhiveLaunch {
  readonly environment: readonly JsonObject[];
  readonly args: readonly string[];
  /** Features that ToolHive's format can't express: runtime arguments, and arguments that each user fills in. */
  readonly omitted: readonly string[];
}

/** The start of a package in ToolHive's format, with the features that the format can't express. */
export function toolhiveLaunch(from: JsonObject): ToolhiveLaunch {
  const { settings, runtimeArguments } = packageEnvironment(from);
  const args: string[] = [];
  const omitted = runtimeArgumentList(runtimeArguments).given.map(({ label }) => `the runtime argument ${label}`);
  for (const argument of packageArgumentList(from).given) {
    const words = literalWords(argument);
    if (words !== undefined) args.push(...words);
    else omitted.push(`the argument ${argument.label}, which each user provides`);
  }
  return { environment: settings.map(toolhiveVariable), args, omitted };
}

/**
 * ToolHive asks for a whole value or has a default for it. So a value with inputs in it is asked for as a whole, is
 * required or secret if one of them is, and has no default. ToolHive wants a description and `required` in any case.
 */
function toolhiveVariable({ name, value, holder }: Setting): JsonObject {
  const inputs = value === null ? [] : inputsOf(value);
  const [only] = value?.length === 1 ? inputs : [];
  const required = inputs.some(({ isRequired }) => isRequired) || (holder['isRequired'] ?? false);
  return defined({
    name,
    description: holder['description'] ?? only?.description ?? '',
    required,
    secret: inputs.some(({ isSecret }) => isSecret) || holder['isSecret'],
    default: value === null ? undefined : literalOf(value),
    choices: holder['choices'] ?? (only !== undefined && only.choices.length > 0 ? only.choices : undefined),
  });
}
