/**
 * Reads a registry document as its bytes arrive: drafts of its entries, findings about those that can't be taken, and
 * at the end what the document says beside its entries. Never holds more than one entry of a document in JSON.
 */
import {
  type GroupedOutcome,
  type ReadGroup,
  readToolhiveEntry,
  readToolhiveGroup,
  readUpstreamEntry,
  readUpstreamGroup,
} from './document-entries.ts';
import { containerFormats, envelopeMember, MAX_ENVELOPE_BYTES, maxBytes, syntaxOf } from './document-layout.ts';
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
import type { JsonObject } from './json.ts';
import type { RegistryFormat } from './source-definition.ts';
import { RECOGNIZED_BYTES, whyNotUtf8 } from './text-encoding.ts';
import { MAX_YAML_BYTES, positionKey, type Positions, yamlToJson } from './yaml-document.ts';

export interface DocumentReaderOptions {
  /** What the source says the document is; found by content where absent. */
  readonly format?: RegistryFormat | undefined;
  /**
   * `yaml` where the name or the content type says so, `json` where nothing else is accepted. Default: YAML where the
   * document can't be JSON.
   */
  readonly syntax?: 'json' | 'yaml' | undefined;
  /** The file's name, for the locations of entries, where a snapshot has several. */
  readonly file?: string | undefined;
  /** Which page of a list the document is. Entries are then located by their number in it. Default: it isn't one. */
  readonly page?: string | undefined;
  /** Where the entries are in the YAML document that this one was converted from. Default: it wasn't converted. */
  readonly positions?: Positions | undefined;
  /** Entries that are passed over without a word: the source's filter. Default: none. */
  readonly excludes?: ((draft: EntryDraft) => boolean) | undefined;
  /** The ordinal of the document's first entry in the snapshot. Default 0. */
  readonly firstOrdinal?: number;
}

/** A draft, and which entry of the snapshot it is. */
export interface FoundDraft {
  readonly ordinal: number;
  /** As in a finding about it. */
  readonly location: string | null;
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

export class DocumentReader {
  readonly #options: DocumentReaderOptions;
  readonly #elements: JsonElements;
  /** Undefined until the first byte that is no white space. */
  #syntax: 'json' | 'yaml' | undefined;
  /** The first bytes, until there are enough of them to recognize what is not UTF-8; then null. */
  #start: Uint8Array | null = new Uint8Array();
  #isBlank = true;
  #positions: Positions | undefined;
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
    this.#positions = options.positions;
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
    const start = this.#start;
    if (start === null) this.#take(chunk);
    else {
      this.#start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
      if (this.#start.length >= RECOGNIZED_BYTES) this.#takeStart();
    }
    return this.#handOver();
  }

  #handOver(): ReadEntries {
    const read = { drafts: this.#drafts, findings: this.#findings };
    this.#drafts = [];
    this.#findings = [];
    return read;
  }

  /** Takes the first bytes, all of them if the document has no more. */
  #takeStart(): void {
    const start = this.#start;
    if (start === null) return;
    this.#start = null;
    const problem = whyNotUtf8(start);
    if (problem !== null) throw this.#invalid(problem);
    this.#take(start);
  }

  #take(chunk: Uint8Array): void {
    this.#keepWhole(chunk);
    if (this.#isBlank) {
      const syntax = syntaxOf(chunk);
      this.#isBlank = syntax === undefined;
      this.#syntax ??= syntax;
    }
    if (this.#syntax !== 'yaml') this.#readElements(this.#elements.push(chunk));
  }

  /**
   * The document where it is YAML, once all of its bytes were pushed; null where it is JSON. Whoever cannot afford the
   * memory and time of a hostile document converts it elsewhere, and reads the JSON instead of calling `end`.
   *
   * @throws RollcallError `DocumentInvalid` where it is too large for YAML, empty, or not UTF-8.
   */
  yaml(): Uint8Array | null {
    this.#takeStart();
    if (this.#isBlank) throw this.#invalid('the document is empty: one without entries is {"servers":[]}');
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
    const yaml = this.yaml();
    if (yaml !== null) this.#readYaml(yaml);
    this.#readElements(this.#elements.end());
    if (this.#format === undefined && this.#noServers) this.#format = this.#options.format ?? 'upstream';
    if (this.#format === undefined) this.#readSingleEntry();
    return {
      ...this.#handOver(),
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
      else if (typeof root === 'number' || root === 'data') this.#add({ element, outcome: readUpstreamEntry(element) });
      else if (element.path.length === 1) this.#readMember(element, root!);
      else if (root === 'groups') this.#addGroup(readToolhiveGroup(element));
      else if (this.#format === 'toolhive') {
        this.#add({ element, outcome: readToolhiveEntry(element, root === 'remote_servers') });
      } else this.#add({ element, outcome: readUpstreamEntry(element) });
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

  #add({ outcome, element }: GroupedOutcome): void {
    const ordinal = this.#ordinal;
    const location = this.#locate(element);
    this.#ordinal += 1;
    if ('rejection' in outcome) {
      const { name, version, reason } = outcome.rejection;
      this.#findings.push({ severity: 'rejection', ordinal, location, name, version, reason });
      return;
    }
    if (this.#options.excludes?.(outcome.draft) === true) return;
    const { name, version } = outcome.draft;
    this.#drafts.push({ ordinal, location, draft: outcome.draft });
    for (const reason of outcome.warnings) {
      this.#findings.push({ severity: 'warning', ordinal, location, name, version, reason });
    }
  }

  /** Where the next entry is. */
  #locate(element: GroupedOutcome['element']): string | null {
    const { page, file } = this.#options;
    if (page !== undefined) return `${page}, entry ${this.#ordinal - this.#firstOrdinal + 1}`;
    const position = this.#positions === undefined ? element : this.#positions.get(positionKey(element.path));
    const place = position === undefined ? [] : [`line ${position.line}, column ${position.column}`];
    return [...(file === undefined ? [] : [file]), ...place].join(', ') || null;
  }

  /** YAML can't be read piece by piece, nor can one single entry: both are held whole, as far as they may be. */
  #keepWhole(chunk: Uint8Array): void {
    if (this.#whole === null) return;
    this.#whole.push(chunk);
    this.#wholeBytes += chunk.length;
    if (this.#wholeBytes > MAX_YAML_BYTES) this.#whole = null;
  }

  #readYaml(yaml: Uint8Array): void {
    const { json, positions } = yamlToJson(yaml);
    this.#positions = positions;
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
    for (const element of root.push(Buffer.concat(whole))) this.#add({ element, outcome: readUpstreamEntry(element) });
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
}
