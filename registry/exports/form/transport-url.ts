/** The address of a package that listens on a port. */
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../../json.ts';
import { fillIn, type Template } from './template.ts';

/**
 * The URL of a package's transport. It can refer to arguments, by their names with or without dashes or by their hints,
 * to environment variables, and to the variables of both.
 */
export function transportUrl(from: JsonObject): Template {
  const transport = memberOf(from, 'transport');
  const args = ['runtimeArguments', 'packageArguments'].flatMap((member) => objectsOf(from[member]));
  const settings = objectsOf(from['environmentVariables']);
  const holders = [transport, ...args, ...settings];
  return fillIn(textOf(transport['url']) ?? '', {
    find: (name) =>
      holders.map(({ variables }) => ownObject(variables, name)).find((variable) => variable !== undefined) ??
      args.find((argument) => [argument['name'], bareFlag(argument), argument['valueHint']].includes(name)) ??
      settings.find((setting) => setting['name'] === name),
    undeclared: 'input',
  });
}

function ownObject(object: unknown, name: string): JsonObject | undefined {
  const member = isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
  return isJsonObject(member) ? member : undefined;
}

function bareFlag(argument: JsonObject): string | undefined {
  return textOf(argument['name'])?.replace(/^-+/, '');
}
