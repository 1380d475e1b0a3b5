/**
 * Reads a registry document as its bytes arrive: drafts of its entries, findings about those that can't be taken, and
 * at the end what the document says beside its entries. Never holds more than one entry of a document in JSON.
 */
import {
  type ReadGroup,
  readToolhiveEntry,
  readToolhiveGroup,
  readUpstreamEntry,
  readUpstreamGroup,
} from './document-entries.ts';
import type { DraftOutcome } from './draft.ts';
import type { EntryDraft, EntryFinding } from './entry.ts';
import { RollcallError } from './failure.ts';
import {
  compactJson,
  type JsonElement,
  JsonElements,
  type JsonKind,
  type JsonPath,
  type Selection,
} from './json-elements.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import type { RegistryFormat } from './source-definition.ts';
import { MAX_YAML_BYTES, yamlToJson } from './yaml-document.ts';

export interface DocumentReaderOptions {
  /** What the source says the document is; found by content where absent. */
  readonly format?: RegistryFormat | undefined;
  /**
   * `yaml` where the name or the content type says so, `json` where nothing else is accepted. Default: YAML where the
   * document can't be JSON.
   */
  readonly syntax?: 'json' | 'yaml' | undefined;
  /** The file's name, for findings, where a snapshot has several. */
  readonly file?: string | undefined;
  /** Entries that are passed over without a word: the source's filter. Default: none. */
  readonly excludes?: ((draft: EntryDraft) => boolean) | undefined;
  /** The ordinal of the document's first entry in the snapshot. Default 0. */
  readonly firstOrdinal?: number;
}

/** A draft, and which entry of the snapshot it is. */
export interface FoundDraft {
  readonly ordinal: number;
  readonly draft: EntryDraft;
}

/** What some bytes of a document completed. */
export interface ReadEntries {
  readonly drafts: readonly FoundDraft[];
  readonly findings: readonly EntryFinding[];
}

/** What is known at the end of a document. */
export interface DocumentSummary extends ReadEntries {
  readonly format: RegistryFormat;
  /** How many entries the document holds, rejected and excluded ones counted. */
  readonly entries: number;
  /** The document without its entries, as JSON text (document-envelope.ts). */
  readonly envelope: string;
}

/** One entry, as it stands in a document. */
const MAX_ENTRY_BYTES = 1024 * 1024;
/** One group of a document, with all of its servers. */
const MAX_GROUP_BYTES = 16 * 1024 * 1024;
/** All members of a document beside its entries together. */
const MAX_ENVELOPE_BYTES = 16 * 1024;

/** The members that hold a document's entries, by their kinds, with the format that each makes the document. */
const ENTRY_MEMBERS: ReadonlyMap<unknown, Partial<Record<JsonKind, RegistryFormat>>> = new Map([
  ['servers', { array: 'upstream', object: 'toolhive' }],
  ['remote_servers', { object: 'toolhive' }],
  ['groups', { array: 'toolhive' }],
]);

export class DocumentReader {
  readonly #options: DocumentReaderOptions;
  readonly #elements: JsonElements;
  /** Undefined until the first byte that is no white space. */
  #syntax: 'json' | 'yaml' | undefined;
  #format: RegistryFormat | undefined;
  /** The bytes so far, while the document may turn out to be YAML or one single entry. */
  #whole: Uint8Array[] | null = [];
  #wholeBytes = 0;
  #rootKind: JsonKind | undefined;
  #noServers = false;
  /** The raw text of the members beside the entries. */
  readonly #envelope = new Map<string, string>();
  #envelopeBytes = 0;
  readonly #groups: JsonObject[] = [];
  /** The maps and the list of groups at the top of a ToolHive document, as they are without an entry. */
  readonly #containers = new Map<string, string>();
  readonly #firstOrdinal: number;
  #ordinal: number;
  #drafts: FoundDraft[] = [];
  #findings: EntryFinding[] = [];

  constructor(options: DocumentReaderOptions = {}) {
    this.#options = options;
    this.#syntax = options.syntax;
    this.#firstOrdinal = options.firstOrdinal ?? 0;
    this.#ordinal = this.#firstOrdinal;
    this.#elements = new JsonElements({ select: (path, kind) => this.#select(path, kind), maxBytes });
  }

  /**
   * Takes the next bytes and returns what they completed. A chunk must not be written into afterwards.
   *
   * @throws RollcallError `DocumentInvalid` where the document is malformed, `FormatMismatch` where its content
   *   contradicts the format that the source names.
   */
  push(chunk: Uint8Array): ReadEntries {
    this.#drafts = [];
    this.#findings = [];
    this.#keepWhole(chunk);
    this.#syntax ??= syntaxOf(chunk);
    if (this.#syntax !== 'yaml') this.#readElements(this.#elements.push(chunk));
    return { drafts: this.#drafts, findings: this.#findings };
  }

  /**
   * The document where it is YAML, once all of its bytes were pushed; null where it is JSON. Whoever cannot afford the
   * memory and time of a hostile document converts it elsewhere, and reads the JSON instead of calling `end`.
   *
   * @throws RollcallError `DocumentInvalid` where it is too large for YAML.
   */
  yaml(): Uint8Array | null {
    if (this.#syntax !== 'yaml') return null;
    if (this.#whole === null) {
      throw this.#invalid(`the document is not JSON, and for YAML too large: more than ${MAX_YAML_BYTES} bytes`);
    }
    return Buffer.concat(this.#whole);
  }

  /**
   * Says that there are no more bytes.
   *
   * @throws RollcallError as `push`, and `DocumentInvalid` where the document is cut off or no registry document.
   */
  end(): DocumentSummary {
    this.#drafts = [];
    this.#findings = [];
    const yaml = this.yaml();
    if (yaml !== null) this.#readYaml(yaml);
    this.#readElements(this.#elements.end());
    if (this.#format === undefined && this.#noServers) this.#format = this.#options.format ?? 'upstream';
    if (this.#format === undefined) this.#readSingleEntry();
    return {
      drafts: this.#drafts,
      findings: this.#findings,
      format: this.#format!,
      entries: this.#ordinal - this.#firstOrdinal,
      envelope: this.#envelopeText(),
    };
  }

  /** Takes a whole document at once. Throws as `push` and `end`. */
  readAll(bytes: Uint8Array): DocumentSummary {
    const { drafts, findings } = this.push(bytes);
    const summary = this.end();
    return { ...summary, drafts: [...drafts, ...summary.drafts], findings: [...findings, ...summary.findings] };
  }

  #select(path: JsonPath, kind: JsonKind): Selection {
    if (path.length === 0) this.#rootKind = kind;
    const format = containerFormats(path)?.[kind];
    if (format !== undefined) {
      this.#recognise(format, path);
      if (format === 'toolhive') this.#containers.set(String(path[0]), kind === 'array' ? '[]' : '{}');
      return 'enter';
    }
    if (path.length === 0 || (path.length === 1 && path[0] === 'data' && kind === 'object')) return 'enter';
    return path[0] === 'data' && path[1] !== 'servers' && path[1] !== 'groups' ? 'skip' : 'take';
  }

  /** Notes what the document is, once its first container of entries is seen. */
  #recognise(format: RegistryFormat, path: JsonPath): void {
    const where = path.length === 0 ? 'it is a list' : `"${path.join('.')}" is there`;
    if (this.#options.format !== undefined && this.#options.format !== format) {
      throw new RollcallError(
        'FormatMismatch',
        `the source says ${this.#options.format}, but the document is in the format ${format}: ${where}`,
      );
    }
    if (this.#format !== undefined && this.#format !== format) {
      throw this.#invalid(`the document mixes the formats ${this.#format} and ${format}: ${where}`);
    }
    this.#format = format;
    this.#whole = null;
  }

  #readElements(elements: readonly JsonElement[]): void {
    for (const element of elements) {
      const [root] = element.path;
      if (element.path.length === 0) continue;
      if (this.#isNoContainer(element)) continue;
      if (root === 'data' && element.path[1] === 'groups') this.#addGroup(readUpstreamGroup(element));
      else if (typeof root === 'number' || root === 'data') this.#add(readUpstreamEntry(element));
      else if (element.path.length === 1) this.#readMember(element, root!);
      else if (root === 'groups') this.#addGroup(readToolhiveGroup(element));
      else if (this.#format === 'toolhive') this.#add(readToolhiveEntry(element, root === 'remote_servers'));
      else this.#add(readUpstreamEntry(element));
    }
  }

  /** Go programs write null for an empty list: the member is there, but nothing was entered. */
  #isNoContainer(element: JsonElement): boolean {
    if (containerFormats(element.path) === undefined) return false;
    if (Buffer.from(element.bytes).toString() !== 'null') {
      throw this.#invalid(`"${element.path.join('.')}" is neither a list nor an object of entries`);
    }
    if (element.path.at(-1) === 'servers') this.#noServers = true;
    return true;
  }

  #addGroup({ outcomes, group }: ReadGroup): void {
    for (const outcome of outcomes) this.#add(outcome);
    if (group !== null) this.#groups.push(group);
  }

  #readMember(element: JsonElement, name: string): void {
    this.#envelopeBytes += name.length + element.size;
    if (element.problem !== null || this.#envelopeBytes > MAX_ENVELOPE_BYTES) return;
    this.#envelope.set(name, compactJson(element.bytes));
  }

  #add(outcome: DraftOutcome): void {
    const ordinal = this.#ordinal;
    this.#ordinal += 1;
    if ('rejection' in outcome) {
      const { name, version, reason } = outcome.rejection;
      this.#findings.push({ severity: 'rejection', ordinal, name, version, reason: this.#inFile(reason) });
      return;
    }
    if (this.#options.excludes?.(outcome.draft) === true) return;
    const { name, version } = outcome.draft;
    this.#drafts.push({ ordinal, draft: outcome.draft });
    for (const warning of outcome.warnings) {
      this.#findings.push({ severity: 'warning', ordinal, name, version, reason: this.#inFile(warning) });
    }
  }

  /** YAML can't be read piece by piece, nor can one single entry: both are held whole, as far as they may be. */
  #keepWhole(chunk: Uint8Array): void {
    if (this.#whole === null) return;
    this.#whole.push(chunk);
    this.#wholeBytes += chunk.length;
    if (this.#wholeBytes > MAX_YAML_BYTES) this.#whole = null;
  }

  #readYaml(yaml: Uint8Array): void {
    const json = yamlToJson(yaml);
    this.#whole = [json];
    this.#readElements(this.#elements.push(json));
  }

  /** The document has no container of entries: it is one entry, or nothing that belongs here. */
  #readSingleEntry(): void {
    const whole = this.#whole;
    const single = this.#envelope.has('name') || this.#envelope.has('server');
    if (this.#rootKind !== 'object' || !single || whole === null) {
      throw this.#invalid(`this is no registry document: ${this.#whatWasFound()}`);
    }
    this.#recognise('upstream', ['name']);
    this.#envelope.clear();
    const root = new JsonElements({ select: () => 'take', maxBytes });
    for (const element of root.push(Buffer.concat(whole))) this.#add(readUpstreamEntry(element));
  }

  #envelopeText(): string {
    const groups = JSON.stringify(this.#groups);
    const hasGroups = this.#groups.length > 0 && this.#envelopeBytes + groups.length <= MAX_ENVELOPE_BYTES;
    const members = new Map([
      ...[...this.#envelope].flatMap(([name, text]) => envelopeMember(name, text)),
      ...this.#containers,
      ...(hasGroups ? [['groups', groups] as const] : []),
    ]);
    return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
  }

  #whatWasFound(): string {
    if (this.#rootKind !== 'object') return `it is a JSON ${this.#rootKind}`;
    const names = [...this.#envelope.keys()].slice(0, 8).map((name) => JSON.stringify(name.slice(0, 40)));
    const found = names.length === 0 ? 'an object without members' : `an object with ${names.join(', ')}`;
    return `it is ${found}, where "servers", "data.servers", "remote_servers" or the members of one server.json were expected`;
  }

  #invalid(message: string): RollcallError {
    return new RollcallError('DocumentInvalid', message);
  }

  #inFile(message: string): string {
    return this.#options.file === undefined ? message : `${this.#options.file}: ${message}`;
  }
}

/** The members that the formats have beside their entries. What else a file holds may be nobody else's business. */
const PLAIN_MEMBERS = ['$schema', 'version', 'last_updated'];
const OBJECT_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['meta', ['last_updated']],
  ['metadata', ['count', 'nextCursor', 'next_cursor']],
]);

/** A member of the document as it is kept; nothing for one that no format has. */
function envelopeMember(name: string, text: string): [string, string][] {
  const known = OBJECT_MEMBERS.get(name);
  if (known === undefined && !PLAIN_MEMBERS.includes(name)) return [];
  const value = parseJson(text);
  if (known === undefined) return typeof value === 'object' && value !== null ? [] : [[name, text]];
  if (!isJsonObject(value)) return value === null ? [[name, text]] : [];
  return [
    [name, JSON.stringify(Object.fromEntries(Object.entries(value).filter(([member]) => known.includes(member))))],
  ];
}

/** Which formats a container of entries at this path would mean; undefined where none is looked for. */
function containerFormats(path: JsonPath): Partial<Record<JsonKind, RegistryFormat>> | undefined {
  const [root, member] = path;
  const isList =
    path.length === 0 || (path.length === 2 && root === 'data' && (member === 'servers' || member === 'groups'));
  if (isList) return { array: 'upstream' };
  return path.length === 1 ? ENTRY_MEMBERS.get(path[0]) : undefined;
}

function maxBytes(path: JsonPath): number {
  if (path.at(-2) === 'groups' && path.length === (path[0] === 'data' ? 3 : 2)) return MAX_GROUP_BYTES;
  return path.length === 1 && typeof path[0] === 'string' ? MAX_ENVELOPE_BYTES : MAX_ENTRY_BYTES;
}

/** JSON documents begin with a bracket or, after a byte order mark or white space, with one; undefined: not known yet. */
function syntaxOf(chunk: Uint8Array): 'json' | 'yaml' | undefined {
  const first = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    .toString('latin1')
    .match(/[^\s\xef\xbb\xbf]/)?.[0];
  if (first === undefined) return undefined;
  return first === '{' || first === '[' ? 'json' : 'yaml';
}
