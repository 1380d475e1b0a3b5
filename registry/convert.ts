/**
 * Between the ToolHive format and server.json. Each way there is a natural conversion, which says in the words of the
 * target what the target has words for, and a correction for the rest: what the way back would get wrong is kept in
 * the converted document. So either way and back gives the same document, whatever members it has.
 *
 * The correction of a ToolHive server is in the publisher's extension of its server.json, under `dev.rollcall`; that
 * of a server.json is in the `custom_metadata` of its ToolHive entry, under the same name. Most servers need none.
 */
import { createHash } from 'node:crypto';
import { corrected, type Correction, correctionOf, readCorrection } from './correction.ts';
import { declaredVariables, fillIn, literalOf } from './exports/form/template.ts';
import { PUBLISHER_PROVIDED, publisherExtension } from './extension.ts';
import { CURRENT_SCHEMA, currentPackagesAndRemotes } from './generations.ts';
import { defined, isJsonObject, type JsonObject, jsonEquals, memberOf, textOf } from './json.ts';
import {
  extensionMembers,
  TOOLHIVE_NAMESPACE,
  TOOLHIVE_PUBLISHER,
  toolhiveExtension,
  type ToolhiveServer,
  toolhiveServerName,
} from './toolhive-format.ts';
import { imageToPackage, packageTransport, runnablePackage, transportMembers } from './toolhive-image.ts';
import { toKeyValueInputs, toolhiveHeaders, type ToolhiveLaunch, toolhiveLaunch } from './toolhive-inputs.ts';

/** The name of everything of ours in documents that others read. */
const OWN_PUBLISHER = 'dev.rollcall';

/** ToolHive does not version its entries; this is the version it gives them itself. */
const VERSION = '1.0.0';

/** The server.json of a server in a ToolHive document. */
export function toolhiveToServerJson(server: ToolhiveServer): JsonObject {
  const { correction, entry } = detachCorrection(server.entry);
  const document = convertToolhive({ ...server, entry });
  return correction === null ? document : corrected(document, correction);
}

/**
 * The ToolHive server of a server.json, or null for one that ToolHive can't run: without a remote whose URL is known,
 * and without a package of a kind that it knows. What it can't express is listed in the entry's `custom_metadata`.
 */
export function serverJsonToToolhive(document: JsonObject): ToolhiveServer | null {
  const converted = convertServerJson(document);
  if (converted === null) return null;
  const { server, omitted } = converted;
  if (jsonEquals(toolhiveToServerJson(server), document)) return server;
  const { entry } = detachCorrection(attachNote(server.entry, { server: {} }));
  const correction = correctionOf(convertToolhive({ ...server, entry }), document) ?? {};
  const note = { server: correction, ...(omitted.length > 0 && { omitted }) };
  return { ...server, entry: attachNote(server.entry, note) };
}

/** The ToolHive group that a server.json (its text) was converted from, where it was in one. */
export function groupOfServerJson(text: string): string | undefined {
  // The text is that of thousands of documents, hardly any of which has a note.
  if (!text.includes(OWN_PUBLISHER)) {
    return undefined;
  }
  const document: unknown = JSON.parse(text);
  const group = isJsonObject(document) ? readNote(document)?.['group'] : undefined;
  return typeof group === 'string' ? group : undefined;
}

/** The natural conversion, with a note of what the way back would get wrong. */
function convertToolhive(server: ToolhiveServer): JsonObject {
  const document = naturalServerJson(server);
  const { server: back, runnable } = naturalToolhive(document);
  const note = defined({
    // A server that could not be run has a note in any case: it is what lets it go back.
    key: back.key !== server.key || !runnable ? server.key : undefined,
    remote: back.remote !== server.remote ? server.remote : undefined,
    group: server.group,
    ...correctionOf(back.entry, server.entry),
  });
  return Object.keys(note).length === 0 ? document : withNote(document, note);
}

function naturalServerJson(server: ToolhiveServer): JsonObject {
  const { key, entry, remote } = server;
  const name = textOf(entry['name']) ?? key;
  const title = textOf(entry['title']);
  const repositoryUrl = textOf(entry['repository_url']);
  const identifier = textOf(entry[remote ? 'url' : 'image']);
  return defined({
    $schema: CURRENT_SCHEMA,
    name: toolhiveServerName(name),
    title,
    // Clients drop a server without one.
    description: textOf(entry['description']) ?? title ?? name,
    repository: repositoryUrl && { url: repositoryUrl, source: repositorySource(repositoryUrl) },
    version: groupVersion(server.group),
    packages: remote || identifier === undefined ? undefined : [toPackage(identifier, entry)],
    remotes: remote && identifier !== undefined ? [toRemote(identifier, entry)] : undefined,
    _meta: {
      [PUBLISHER_PROVIDED]: { [TOOLHIVE_PUBLISHER]: { [identifier ?? name]: toExtension(entry, remote) } },
    },
  });
}

function repositorySource(url: string): string {
  return URL.parse(url)?.hostname === 'gitlab.com' ? 'gitlab' : 'github';
}

/**
 * A key may stand at the top of the document and in groups, each with a definition of its own. They are versions of
 * one server then, and the one at the top is the latest: a prerelease comes before its release.
 */
function groupVersion(group: string | undefined): string {
  if (group === undefined) {
    return VERSION;
  }
  const label = group.replaceAll(/[^0-9A-Za-z-]/gu, '-').slice(0, 64);
  const digest = createHash('sha256').update(group).digest('hex').slice(0, 8);
  return `${VERSION}-group-${label === group ? label : `${label}-${digest}`}`;
}

function toPackage(image: string, entry: JsonObject): JsonObject {
  return defined({
    ...imageToPackage(image),
    transport: packageTransport(entry),
    environmentVariables: toKeyValueInputs(entry['env_vars']),
  });
}

function toRemote(url: string, entry: JsonObject): JsonObject {
  const type = textOf(entry['transport']) ?? 'streamable-http';
  return defined({ type, url, headers: toKeyValueInputs(entry['headers']) });
}

function toExtension(entry: JsonObject, remote: boolean): JsonObject {
  const members = extensionMembers(remote).filter((member) => Object.hasOwn(entry, member));
  return { status: 'active', ...Object.fromEntries(members.map((member) => [member, entry[member]])) };
}

interface ConvertedServer {
  readonly server: ToolhiveServer;
  readonly omitted: readonly string[];
}

/** The natural conversion, corrected by the note that the opposite conversion left, if there is one. */
function convertServerJson(document: JsonObject): ConvertedServer | null {
  const natural = naturalToolhive(document);
  const note = readNote(document);
  if (note === null) {
    return natural.runnable ? natural : null;
  }
  const { server } = natural;
  return {
    server: {
      key: textOf(note['key']) ?? server.key,
      remote: typeof note['remote'] === 'boolean' ? note['remote'] : server.remote,
      group: typeof note['group'] === 'string' ? note['group'] : undefined,
      entry: corrected(server.entry, readCorrection(note) ?? {}),
    },
    omitted: [],
  };
}

interface NaturalServer extends ConvertedServer {
  /** Whether there is something to run or to reach. */
  readonly runnable: boolean;
}

/** Like ToolHive itself, treats a server that can be reached remotely as a remote one, whatever packages it has. */
function naturalToolhive(document: JsonObject): NaturalServer {
  const { packages, remotes } = currentPackagesAndRemotes(document);
  const reachable = remotes.map((remote) => ({ remote, url: remoteUrl(remote) })).find(({ url }) => url !== undefined);
  const runnable = reachable === undefined ? runnablePackage(packages) : null;
  const launch = runnable === null ? undefined : toolhiveLaunch(runnable.from);
  const identifier = reachable?.url ?? runnable?.image;
  const extension = toolhiveExtension(document, identifier);
  const repository = memberOf(document, 'repository');
  const entry = defined({
    title: textOf(document['title']),
    description: document['description'],
    repository_url: textOf(repository['url']),
    ...(extension === undefined ? REQUIRED_MEMBERS : fromExtension(extension, reachable !== undefined)),
    ...(reachable !== undefined && fromRemote(reachable.remote, reachable.url)),
    ...(runnable !== null && launch !== undefined && { image: runnable.image, ...fromPackage(runnable.from, launch) }),
  });
  return {
    server: { key: keyOf(document['name']), remote: reachable !== undefined, entry },
    omitted: launch?.omitted ?? [],
    runnable: identifier !== undefined,
  };
}

/** The URL of a remote, which ToolHive takes as it is: undefined where a part of it is for each user to fill in. */
function remoteUrl(remote: JsonObject): string | undefined {
  const url = textOf(remote['url']);
  return url === undefined ? undefined : literalOf(fillIn(url, declaredVariables(remote, 'input')));
}

/** What ToolHive wants of every entry and a server.json does not say. */
const REQUIRED_MEMBERS = { status: 'active', tier: 'Community', tools: [] };

function keyOf(name: unknown): string {
  const prefix = `${TOOLHIVE_NAMESPACE}/`;
  return String(name).startsWith(prefix) ? String(name).slice(prefix.length) : String(name);
}

function fromRemote(remote: JsonObject, url: string | undefined): JsonObject {
  const headers = toolhiveHeaders(remote);
  return defined({ url, transport: remote['type'], headers: headers.length > 0 ? headers : undefined });
}

/** Arguments of the package take precedence over those of the extension, which are for packages that have none. */
function fromPackage(from: JsonObject, { environment, args }: ToolhiveLaunch): JsonObject {
  return defined({
    ...transportMembers(from),
    env_vars: environment.length > 0 ? environment : undefined,
    args: args.length > 0 ? args : undefined,
  });
}

function fromExtension(extension: JsonObject, remote: boolean): JsonObject {
  const members = extensionMembers(remote).filter((member) => Object.hasOwn(extension, member));
  return Object.fromEntries(members.map((member) => [member, extension[member]]));
}

/** In the publisher's extension of a server.json: where the ToolHive server stood, and the correction of its entry. */
function withNote(document: JsonObject, note: JsonObject): JsonObject {
  const provided = { ...publisherExtension(document), [OWN_PUBLISHER]: { toolhive: note } };
  return { ...document, _meta: { [PUBLISHER_PROVIDED]: provided } };
}

function readNote(document: JsonObject): JsonObject | null {
  const own = publisherExtension(document)?.[OWN_PUBLISHER];
  const note = isJsonObject(own) ? own['toolhive'] : undefined;
  return isJsonObject(note) ? note : null;
}

interface EntryNote {
  /** Turns the opposite conversion of the entry into the server.json that it was made from. */
  readonly server: Correction;
  /** What the entry does not express, for people. */
  readonly omitted?: readonly string[];
}

/** In `custom_metadata` of a ToolHive entry. */
function attachNote(entry: JsonObject, note: EntryNote): JsonObject {
  const metadata = memberOf(entry, 'custom_metadata');
  return { ...entry, custom_metadata: { ...metadata, [OWN_PUBLISHER]: note } };
}

function detachCorrection(entry: JsonObject): { correction: Correction | null; entry: JsonObject } {
  const { custom_metadata: metadata, ...rest } = entry;
  if (!isJsonObject(metadata)) {
    return { correction: null, entry };
  }
  const { [OWN_PUBLISHER]: own, ...others } = metadata;
  const correction = isJsonObject(own) ? readCorrection(own['server']) : null;
  if (correction === null) {
    return { correction, entry };
  }
  return { correction, entry: Object.keys(others).length === 0 ? rest : { ...rest, custom_metadata: others } };
}
