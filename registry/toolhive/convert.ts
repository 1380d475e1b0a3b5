/**
 * Converts between the ToolHive format and server.json. Each direction has a natural conversion for everything that the
 * target format can express. A correction stored in the converted document covers the rest, so that converting back
 * always restores the original document.
 *
 * The correction of a ToolHive server is stored in the publisher's extension of its server.json, under `dev.rollcall`.
 * The correction of a server.json is stored in the `custom_metadata` of its ToolHive entry, under the same name. Most
 * servers need none.
 */
import { createHash } from 'node:crypto';
import { corrected, type Correction, correctionOf, readCorrection } from './correction.ts';
import { declaredVariables, fillIn, literalOf } from '../exports/form/template.ts';
import { PUBLISHER_PROVIDED, publisherExtension } from '../server-json/extension.ts';
import { CURRENT_SCHEMA, currentPackagesAndRemotes } from '../server-json/generations.ts';
import { defined, isJsonObject, type JsonObject, jsonEquals, memberOf, textOf } from '../json.ts';
import {
  extensionMembers,
  TOOLHIVE_NAMESPACE,
  TOOLHIVE_PUBLISHER,
  toolhiveExtension,
  type ToolhiveServer,
  toolhiveServerName,
} from './format.ts';
import { imageToPackage, packageTransport, runnablePackage, transportMembers } from './image.ts';
import { toKeyValueInputs, toolhiveHeaders, type ToolhiveLaunch, toolhiveLaunch } from './inputs.ts';

/** The key under which Rollcall stores its own data in documents. */
const OWN_PUBLISHER = 'dev.rollcall';

/** ToolHive entries have no version. ToolHive itself converts them with this one. */
const VERSION = '1.0.0';

/** Converts a server of a ToolHive document to a server.json. */
export function toolhiveToServerJson(server: ToolhiveServer): JsonObject {
  const { correction, entry } = detachCorrection(server.entry);
  const document = convertToolhive({ ...server, entry });
  return correction === null ? document : corrected(document, correction);
}

/**
 * Converts a server.json to a ToolHive server. Returns null if ToolHive can't run it: it has no remote with a fixed URL
 * and no package of a supported kind. Features that ToolHive can't express are listed in the entry's `custom_metadata`.
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

/** The name of the ToolHive group that a server.json (as text) was converted from. Undefined if there was none. */
export function groupOfServerJson(text: string): string | undefined {
  // Avoids parsing: this runs for thousands of documents, and hardly any has a note.
  if (!text.includes(OWN_PUBLISHER)) {
    return undefined;
  }
  const document: unknown = JSON.parse(text);
  const group = isJsonObject(document) ? readNote(document)?.['group'] : undefined;
  return typeof group === 'string' ? group : undefined;
}

/** The natural conversion, with a note that makes it reversible. */
function convertToolhive(server: ToolhiveServer): JsonObject {
  const document = naturalServerJson(server);
  const { server: back, runnable } = naturalToolhive(document);
  const note = defined({
    // A server that can't be run always needs a note to be convertible back.
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
    // Clients drop servers without a description.
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
 * The same key can occur at the top of the document and in groups, with different definitions. They become versions of
 * one server. Groups get prerelease versions, so that the definition at the top is the latest.
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

/** The natural conversion, corrected by the note of the opposite conversion, if any. */
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
  /** Whether the server has a package or a remote. */
  readonly runnable: boolean;
}

/** Prefers a remote over packages, as ToolHive itself does. */
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

/** The URL of a remote. Undefined if it has variables, because ToolHive needs a literal URL. */
function remoteUrl(remote: JsonObject): string | undefined {
  const url = textOf(remote['url']);
  return url === undefined ? undefined : literalOf(fillIn(url, declaredVariables(remote, 'input')));
}

/** Members that ToolHive requires and server.json lacks. */
const REQUIRED_MEMBERS = { status: 'active', tier: 'Community', tools: [] };

function keyOf(name: unknown): string {
  const prefix = `${TOOLHIVE_NAMESPACE}/`;
  return String(name).startsWith(prefix) ? String(name).slice(prefix.length) : String(name);
}

function fromRemote(remote: JsonObject, url: string | undefined): JsonObject {
  const headers = toolhiveHeaders(remote);
  return defined({ url, transport: remote['type'], headers: headers.length > 0 ? headers : undefined });
}

/** Arguments of the package take precedence over arguments of the extension. */
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

/**
 * Adds a note to the publisher's extension: the ToolHive server's place in its document and the correction of its
 * entry.
 */
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
  /** Turns the opposite conversion of the entry into the original server.json. */
  readonly server: Correction;
  /** Human-readable list of features that the entry can't express. */
  readonly omitted?: readonly string[];
}

/** Adds a note to the `custom_metadata` of a ToolHive entry. */
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
