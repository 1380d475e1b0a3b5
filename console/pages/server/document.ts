/** Reads an untrusted server.json: members of the wrong type are skipped. */
import { currentPackagesAndRemotes } from '../../../registry/server-json/generations.ts';
import { isJsonObject, type JsonObject, memberOf, objectsOf, textOf } from '../../../registry/json.ts';

/** An argument, an environment variable, a header, or a variable in one of them. */
export interface Setting {
  readonly name: string;
  readonly description: string | undefined;
  /** The fixed value, unless it is secret. */
  readonly value: string | undefined;
  readonly defaultValue: string | undefined;
  readonly choices: readonly string[];
  readonly isRequired: boolean;
  readonly isSecret: boolean;
}

export interface ServerDocument {
  readonly members: JsonObject;
  readonly packages: readonly JsonObject[];
  readonly remotes: readonly JsonObject[];
}

export function readDocument(text: string): ServerDocument {
  const parsed: unknown = JSON.parse(text);
  const members = isJsonObject(parsed) ? parsed : {};
  return { members, ...currentPackagesAndRemotes(members) };
}

/** Settings of a list, and after each one the variables in its value. */
export function settingsOf(list: unknown): readonly Setting[] {
  return objectsOf(list).flatMap((member, index) => {
    const name = textOf(member['name']) ?? textOf(member['valueHint']) ?? `#${index + 1}`;
    return [settingOf(name, member), ...variablesOf(member, name)];
  });
}

/** The variables of a URL or a value. */
export function variablesOf(holder: JsonObject, name?: string): readonly Setting[] {
  return Object.entries(memberOf(holder, 'variables')).flatMap(([variable, member]) =>
    isJsonObject(member) ? [settingOf(name === undefined ? variable : `${name} › ${variable}`, member)] : [],
  );
}

function settingOf(name: string, member: JsonObject): Setting {
  const isSecret = member['isSecret'] === true;
  const text = (key: string): string | undefined => {
    const value = member[key];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;
  };
  const choices = member['choices'];
  return {
    name,
    description: textOf(member['description']),
    value: isSecret ? undefined : text('value'),
    defaultValue: isSecret ? undefined : text('default'),
    choices: Array.isArray(choices) ? choices.filter((choice) => typeof choice === 'string') : [],
    isRequired: member['isRequired'] === true,
    isSecret,
  };
}
