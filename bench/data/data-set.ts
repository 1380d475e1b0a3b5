/**
 * Generated registries in the shape of the official one: the same bytes every time for the same options. Sizes, name
 * lengths, versions per server and package kinds are drawn from the distributions in data-set-figures.ts.
 */
import { createHash, hash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import {
  DESCRIPTION_LENGTH,
  NAME_LENGTH,
  NAMESPACES,
  type Offering,
  OFFERINGS,
  PACKAGE_DOCUMENT_BYTES,
  REMOTE_DOCUMENT_BYTES,
  SHARE_OF_EMPTY_REPOSITORY,
  SHARE_OF_KNOWN_NAMESPACE,
  SHARE_WITH_REPOSITORY,
  SHARE_WITH_TITLE,
  SHARE_WITH_WEBSITE,
  VERSION_STYLES,
  VERSIONS_PER_SERVER,
} from './data-set-figures.ts';
import { Random } from './random.ts';
import { WORDS } from './words.ts';

export interface DataSetOptions {
  /** How many entries; the last server may have fewer versions than it was given. */
  readonly entries: number;
  /** `real`: as in the official registry, 2.15 on average. */
  readonly versionsPerServer: 'real' | 1;
  /** The ordinal of an entry whose description differs from what it is without this option. */
  readonly changedEntry?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** One element of a registry's list: a server.json and the registry's data about it. */
export interface DataSetEntry {
  readonly server: Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };
  readonly _meta: { readonly 'io.modelcontextprotocol.registry/official': Readonly<Record<string, unknown>> };
}

interface Server {
  readonly name: string;
  readonly offering: Offering;
  readonly documentBytes: number;
  readonly description: string;
  /** The seed of the random choices for its documents, which is the same for all of its versions. */
  readonly seed: number;
}

interface Publication {
  readonly server: Server;
  readonly version: string;
  readonly publishedAtMs: number;
  readonly isLatest: boolean;
}

const FIRST_PUBLICATION_MS = Date.UTC(2025, 8, 8);
const PUBLISHING_PERIOD_MS = 360 * 24 * 60 * 60_000;
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-09-29/server.schema.json';

/** The entries of a registry in the order of their publication, so the versions of a server lie apart. */
export function* dataSetEntries(options: DataSetOptions): Generator<DataSetEntry> {
  let ordinal = 0;
  for (const publication of publications(options)) {
    const entry = entryOf(publication);
    yield ordinal === options.changedEntry ? withOtherDescription(entry) : entry;
    ordinal += 1;
  }
}

export interface WrittenDataSet {
  readonly path: string;
  readonly entries: number;
  readonly bytes: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
}

/** How a file begins and ends: a bare array of entries, or a page of the registry API that holds them all. */
const FRAMES = { array: ['[', ']'], page: ['{"servers":[', '],"metadata":{}}'] } as const;
const WRITE_BYTES = 1 << 20;

/** Writes a data set to a file; the path holds either nothing or the complete data set, whenever this is stopped. */
export async function writeDataSet(
  path: string,
  options: DataSetOptions,
  format: keyof typeof FRAMES = 'array',
): Promise<WrittenDataSet> {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  const digest = createHash('sha256');
  const [head, tail] = FRAMES[format];
  let bytes = 0;
  let entries = 0;
  const write = async (text: string): Promise<void> => {
    digest.update(text);
    bytes += (await file.write(text)).bytesWritten;
  };
  try {
    let pending: string = head;
    for (const entry of dataSetEntries(options)) {
      pending += (entries === 0 ? '' : ',') + JSON.stringify(entry);
      entries += 1;
      if (pending.length < WRITE_BYTES) continue;
      await write(pending);
      pending = '';
    }
    await write(pending + tail);
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  return { path, entries, bytes, digest: digest.digest('hex') };
}

function publications(options: DataSetOptions): Publication[] {
  const random = new Random(options.seed ?? 1);
  const names = new ServerNames(random);
  const all: Publication[] = [];
  while (all.length < options.entries) {
    const server = drawServer(random, names.next());
    const drawn = options.versionsPerServer === 1 ? 1 : random.pickWeighted(VERSIONS_PER_SERVER);
    all.push(...publish(random, server, Math.min(drawn, options.entries - all.length)));
  }
  return all.sort((a, b) => a.publishedAtMs - b.publishedAtMs);
}

function drawServer(random: Random, name: string): Server {
  const offering = random.pickWeighted(OFFERINGS);
  const sizes = offering.packages.length > 0 ? PACKAGE_DOCUMENT_BYTES : REMOTE_DOCUMENT_BYTES;
  return {
    name,
    offering,
    documentBytes: random.fromQuantiles(sizes),
    description: prose(random, random.fromQuantiles(DESCRIPTION_LENGTH)),
    seed: random.integer(2 ** 32),
  };
}

function publish(random: Random, server: Server, count: number): Publication[] {
  const style = random.pickWeighted(VERSION_STYLES);
  const start = random.integer(PUBLISHING_PERIOD_MS);
  const interval = (PUBLISHING_PERIOD_MS - start) / count;
  let [major, minor, patch] = [random.chance(0.6) ? 1 : 0, random.integer(10), random.integer(10)];
  return Array.from({ length: count }, (_, index) => {
    if (random.chance(0.03)) [major, minor, patch] = [major + 1, 0, 0];
    else if (random.chance(0.2)) [minor, patch] = [minor + 1, 0];
    else patch += 1;
    const number = `${major}.${minor}.${patch}`;
    return {
      server,
      version: { semver: number, prerelease: `${number}-beta.${index + 1}`, prefixed: `v${number}` }[style],
      publishedAtMs: Math.floor(FIRST_PUBLICATION_MS + start + interval * index),
      isLatest: index === count - 1,
    };
  });
}

/** Names that are all different, in namespaces as unevenly filled as the real ones. */
class ServerNames {
  readonly #random: Random;
  readonly #taken = new Set<string>();
  readonly #namespaces: string[] = ['com.example'];

  constructor(random: Random) {
    this.#random = random;
  }

  next(): string {
    const namespace = this.#namespace();
    const length = Math.max(this.#random.fromQuantiles(NAME_LENGTH), namespace.length + 3);
    let name = `${namespace}/${slug(this.#random, length - namespace.length - 1)}`;
    while (this.#taken.has(name)) name = `${name.slice(0, -2)}${this.#random.integer(36 ** 3).toString(36)}`;
    this.#taken.add(name);
    return name;
  }

  #namespace(): string {
    const kind = this.#random.pickWeighted(NAMESPACES);
    if (kind === 'hosting') return 'ai.hosting';
    if (this.#random.chance(SHARE_OF_KNOWN_NAMESPACE)) return this.#random.pick(this.#namespaces);
    const owner = slug(this.#random, 4 + this.#random.integer(10));
    const top = this.#random.pick(['com', 'ai', 'dev', 'co', 'app']);
    const namespace = kind === 'github' ? `io.github.${owner}` : `${top}.${owner}`;
    this.#namespaces.push(namespace);
    return namespace;
  }
}

function entryOf({ server, version, publishedAtMs, isLatest }: Publication): DataSetEntry {
  const date = new Date(publishedAtMs).toISOString().replace('Z', `${String(server.seed % 1000).padStart(3, '0')}Z`);
  const official = { status: 'active', publishedAt: date, updatedAt: date, isLatest };
  return {
    server: documentOf(server, version),
    _meta: { 'io.modelcontextprotocol.registry/official': official },
  };
}

/** A server.json of about the size that was drawn: optional members as far as they fit, then variables or headers. */
function documentOf(server: Server, version: string): DataSetEntry['server'] {
  const random = new Random(server.seed);
  const { name, description, offering } = server;
  const packages = offering.packages.map((registryType) => packageOf(name, version, registryType));
  const remotes = offering.remotes.map((type) => ({
    type,
    url: `https://${hostOf(name)}/${type === 'sse' ? 'sse' : 'mcp'}`,
  }));
  const document: DataSetEntry['server'] & Record<string, unknown> = { $schema: SCHEMA, name, description, version };
  const optional: [share: number, member: string, value: unknown][] = [
    [SHARE_WITH_REPOSITORY, 'repository', repositoryOf(random, name)],
    [SHARE_WITH_TITLE, 'title', prose(random, 4 + random.integer(30))],
    [SHARE_WITH_WEBSITE, 'websiteUrl', `https://${hostOf(name)}`],
  ];
  for (const [share, member, value] of optional) if (random.chance(share)) document[member] = value;
  if (packages.length > 0) document['packages'] = packages;
  if (remotes.length > 0) document['remotes'] = remotes;
  const missing = server.documentBytes - JSON.stringify(document).length;
  if (packages.length > 0) Object.assign(packages[0]!, variables(random, missing));
  else if (remotes.length > 0) Object.assign(remotes[0]!, headers(random, missing));
  return document;
}

function packageOf(name: string, version: string, registryType: string): Record<string, unknown> {
  const short = name.slice(name.indexOf('/') + 1);
  const identifier = {
    oci: `registry.example.com/${short.toLowerCase()}:${version}`,
    mcpb: `https://github.com/example/${short}/releases/download/v${version}/${short}.mcpb`,
  }[registryType];
  return {
    registryType,
    identifier: identifier ?? short,
    ...(identifier === undefined ? { version } : {}),
    ...(registryType === 'mcpb' ? { fileSha256: hash('sha256', `${name}@${version}`) } : {}),
    transport: { type: 'stdio' },
  };
}

function repositoryOf(random: Random, name: string): Record<string, string> {
  if (random.chance(SHARE_OF_EMPTY_REPOSITORY)) return {};
  return { url: `https://github.com/${name.split('.').at(-1)}`, source: 'github' };
}

function hostOf(name: string): string {
  return `${name.slice(name.indexOf('/') + 1).toLowerCase()}.example.com`;
}

const TYPICAL_VARIABLE_BYTES = 130;

function variables(random: Random, bytes: number): Record<string, unknown> {
  if (bytes < TYPICAL_VARIABLE_BYTES) return {};
  const count = Math.round(bytes / TYPICAL_VARIABLE_BYTES);
  const environmentVariables = Array.from({ length: count }, (_, index) => ({
    description: prose(random, Math.max(10, Math.floor((bytes - 24) / count) - 68)),
    isSecret: index === 0,
    name: `${slug(random, 12).toUpperCase().replaceAll('-', '_')}_${index}`,
  }));
  return { environmentVariables };
}

function headers(random: Random, bytes: number): Record<string, unknown> {
  if (bytes < 100) return {};
  const description = prose(random, bytes - 85);
  return { headers: [{ description, isRequired: true, isSecret: true, name: 'Authorization' }] };
}

/** Words with a hyphen between, cut to the length; the last character is never a hyphen. */
function slug(random: Random, length: number): string {
  return words(random, length, '-').replace(/-$/, 'x');
}

function prose(random: Random, length: number): string {
  const text = words(random, length, ' ').trimEnd();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function words(random: Random, length: number, separator: string): string {
  let text = commonWord(random);
  while (text.length < length) text += separator + commonWord(random);
  return text.slice(0, length);
}

/** The first words of the list are drawn far more often than the last, as in any text. */
function commonWord(random: Random): string {
  return WORDS[Math.floor(WORDS.length * random.fraction() ** 2)]!;
}

function withOtherDescription(entry: DataSetEntry): DataSetEntry {
  return { ...entry, server: { ...entry.server, description: 'Another description than before' } };
}
