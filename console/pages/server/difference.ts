/** The differences between two versions of a server, most important ones first. */
import { isJsonObject, type JsonObject, jsonEquals, memberOf, objectsOf, textOf } from '../../../registry/json.ts';
import type { ServerDocument } from './document.ts';

export const SECTIONS = ['packages', 'arguments', 'environment', 'remotes', 'other'] as const;
type Section = (typeof SECTIONS)[number];

export interface Change {
  readonly section: Section;
  /** The changed part: `npm @example/a › version`. */
  readonly what: string;
  /** The value before; undefined if it was added. */
  readonly before: string | undefined;
  /** The value after; undefined if it was removed. */
  readonly after: string | undefined;
}

/** The differences in the order of the sections, then of the documents. The version number itself doesn't count. */
export function differences(before: ServerDocument, after: ServerDocument): readonly Change[] {
  const old = factsOf(before);
  const current = factsOf(after);
  const keys = [...new Set([...current.keys(), ...old.keys()])];
  const changes = keys.flatMap((key): Change[] => {
    const [from, to] = [old.get(key), current.get(key)];
    if (from !== undefined && to !== undefined && jsonEquals(from.value, to.value)) return [];
    const { section, what } = (to ?? from)!;
    return [{ section, what, before: from && shown(from.value), after: to && shown(to.value) }];
  });
  return SECTIONS.flatMap((section) => changes.filter((change) => change.section === section));
}

interface Fact {
  readonly section: Section;
  readonly what: string;
  readonly value: unknown;
}

/** Members of lists are recognized by their names, so that an insertion doesn't change all that follow it. */
function factsOf({ members, packages, remotes }: ServerDocument): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  const add = (section: Section, what: string, value: unknown): void => {
    let key = `${section} ${what}`;
    for (let number = 2; facts.has(key); number += 1) key = `${section} ${what} (${number})`;
    facts.set(key, { section, what: key.slice(section.length + 1), value });
  };
  const addEach = (section: Section, parent: string, list: unknown): void => {
    for (const [index, member] of objectsOf(list).entries()) {
      const { name, ...rest } = member;
      add(section, `${parent} › ${textOf(name) ?? textOf(rest['valueHint']) ?? `#${index + 1}`}`, rest);
    }
  };
  for (const found of packages) {
    const { registryType, identifier, runtimeArguments, packageArguments, environmentVariables, ...rest } = found;
    const label = `${textOf(registryType) ?? ''} ${textOf(identifier) ?? ''}`.trim();
    if (Object.keys(rest).length === 0) add('packages', label, null);
    for (const [member, value] of Object.entries(rest)) add('packages', `${label} › ${member}`, value);
    addEach('arguments', label, runtimeArguments);
    addEach('arguments', label, packageArguments);
    addEach('environment', label, environmentVariables);
    addEach('remotes', label, memberOf(found, 'transport')['headers']);
  }
  for (const { url, headers, ...rest } of remotes) {
    const label = textOf(url) ?? '';
    add('remotes', label, rest);
    addEach('remotes', label, headers);
  }
  const { packages: _packages, remotes: _remotes, version: _version, ...others } = members;
  for (const [member, value] of Object.entries(others)) add('other', member, value);
  return facts;
}

/** An object as a line per member, anything else as it is. */
function shown(value: unknown): string {
  if (value === null) return '';
  if (isJsonObject(value)) return linesOf(value).join('\n');
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function linesOf(value: JsonObject): string[] {
  return Object.entries(value).map(
    ([member, inner]) => `${member}: ${typeof inner === 'string' ? inner : JSON.stringify(inner)}`,
  );
}
