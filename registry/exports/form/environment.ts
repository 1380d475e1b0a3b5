/** Environment variables of packages and headers of remotes: names with values that may have to be filled in. */
import { type JsonObject, objectsOf, textOf } from '../../json.ts';
import { type Template, valueTemplate } from './template.ts';

export interface Setting {
  readonly name: string;
  /** The value; null if the document gives none and requires none. */
  readonly value: Template | null;
  /** The object in the document that describes it. */
  readonly holder: JsonObject;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Template;
}

/** The headers of a remote or of a package's transport. Braces have no other meaning in a header. */
export function headerSettings(transport: JsonObject): Setting[] {
  return objectsOf(transport['headers']).flatMap((holder) => setting(holder, 'input'));
}

export interface PackageEnvironment {
  readonly settings: readonly Setting[];
  /** The other runtime arguments. */
  readonly runtimeArguments: readonly JsonObject[];
}

/**
 * The environment of a package: its own variables, and those that its runtime arguments set as `docker run` does
 * (`-e KEY=value`, `--env KEY={variable}`, or `-e` and then `KEY`).
 */
export function packageEnvironment(from: JsonObject): PackageEnvironment {
  const settings = objectsOf(from['environmentVariables']).flatMap((holder) => setting(holder, 'text'));
  const list = objectsOf(from['runtimeArguments']);
  const runtimeArguments: JsonObject[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const argument = list[index]!;
    const isFlag = argument['type'] === 'named' && ['-e', '--env'].includes(String(argument['name']));
    const next = list[index + 1];
    const text = textOf(argument['value']);
    if (isFlag && text === undefined && next?.['type'] === 'positional' && textOf(next['value']) !== undefined) {
      addEnvironment(settings, next);
      index += 1;
    } else if (isFlag && text !== undefined) addEnvironment(settings, argument);
    else runtimeArguments.push(argument);
  }
  return { settings, runtimeArguments };
}

/** `NAME` alone passes on a variable of the user's environment, and is often declared in addition. */
function addEnvironment(settings: Setting[], argument: JsonObject): void {
  const [, name = '', equals, value] = /^([^=]*)(=?)(.*)$/s.exec(textOf(argument['value']) ?? '') ?? [];
  if (equals === '' && settings.some((known) => known.name === name)) return;
  const { value: _value, valueHint: _valueHint, ...rest } = argument;
  settings.push(...setting({ ...rest, name, ...(value !== '' && { value }) }, 'text'));
}

function setting(holder: JsonObject, undeclared: 'input' | 'text'): Setting[] {
  const name = textOf(holder['name']);
  return name === undefined ? [] : [{ name, value: valueTemplate(holder, { id: name, undeclared }), holder }];
}

/** Settings with a value, each name once. The last one counts, as in an environment. */
export function withValue(settings: readonly Setting[]): NamedValue[] {
  const values = new Map(settings.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])));
  return [...values].map(([name, value]) => ({ name, value }));
}

export function unsetOf(settings: readonly Setting[]): string[] {
  return settings.filter(({ value }) => value === null).map(({ name }) => name);
}
