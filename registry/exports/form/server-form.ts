/**
 * The intermediate form that every export is made from: the data that a client needs to run or to reach one version of
 * a server.
 */
import type { EntryStatus } from '../../entry.ts';
import { currentPackagesAndRemotes } from '../../server-json/generations.ts';
import { isJsonObject, type JsonObject, textOf } from '../../json.ts';
import { headerSettings, type NamedValue, unsetOf, withValue } from './environment.ts';
import { type Launch, packageLaunch } from './launch.ts';
import { declaredVariables, fillIn, type Input, inputsOf, type Template, withRequiredInputs } from './template.ts';

/** An entry of a registry for exports. */
export interface ExportedVersion {
  readonly name: string;
  readonly version: string;
  readonly status: EntryStatus;
  readonly isLatest: boolean;
  /** The text of its server.json. */
  readonly document: string;
}

export interface Remote {
  readonly type: 'http' | 'sse';
  readonly url: Template;
  readonly headers: readonly NamedValue[];
  /** Optional headers that have no value. */
  readonly unset: readonly string[];
}

export interface ServerForm {
  readonly name: string;
  readonly version: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly status: EntryStatus;
  readonly isLatest: boolean;
  /** Remotes in the order of the document, except that streamable HTTP comes before SSE, which it replaced. */
  readonly remotes: readonly Remote[];
  readonly launches: readonly Launch[];
  /** The reasons why packages and remotes of the document are left out. */
  readonly omitted: readonly string[];
}

/** The inputs that a user must provide for a way to reach or run a server. */
export function inputsOfWay(way: Remote | Launch): readonly Input[] {
  const values = 'url' in way ? way.headers : way.environment;
  return [...('url' in way ? [way.url] : way.args), ...values.map(({ value }) => value)].flatMap(inputsOf);
}

/** Reads any entry that a source has delivered: members of the wrong type are skipped. */
export function serverForm({ document: text, name, version, status, isLatest }: ExportedVersion): ServerForm {
  const parsed: unknown = JSON.parse(text);
  const document = isJsonObject(parsed) ? parsed : {};
  const { packages, remotes } = currentPackagesAndRemotes(document);
  const launches = packages.map(packageLaunch);
  const reached = remotes.map(remoteOf);
  return {
    name,
    version,
    title: textOf(document['title']),
    description: textOf(document['description']),
    status,
    isLatest,
    remotes: ['http', 'sse'].flatMap((type) => reached.filter((remote) => remote?.type === type) as Remote[]),
    launches: launches.filter((launch) => 'command' in launch),
    omitted: [
      ...launches.flatMap((launch) => ('command' in launch ? [] : [launch.reason])),
      ...(reached.includes(null) ? ['a remote has no URL, or a type other than streamable-http and sse'] : []),
    ],
  };
}

function remoteOf(remote: JsonObject): Remote | null {
  const url = textOf(remote['url']);
  const type = remote['type'] === 'streamable-http' ? 'http' : remote['type'];
  if (url === undefined || (type !== 'http' && type !== 'sse')) return null;
  const headers = headerSettings(remote);
  return {
    type,
    url: withRequiredInputs(fillIn(url, declaredVariables(remote, 'input'))),
    headers: withValue(headers),
    unset: unsetOf(headers),
  };
}
