/**
 * Reads a registry document as its bytes arrive. Produces drafts of its entries, findings about rejected ones, and at
 * the end the document's other members. Of a JSON document, at most one entry is in memory at a time.
 */
import {
  type ReadGroup,
  readSkillEntry,
  readToolhiveEntry,
  readToolhiveGroup,
  readUpstreamEntry,
  readUpstreamGroup,
} from './entries.ts';
import { FoundEntries, type FoundEntriesOptions, type ReadEntries } from './found-entries.ts';
import { DocumentMembers } from './members.ts';
import { containerFormats, maxBytes, skillListAt, syntaxOf } from './layout.ts';
import { RollcallError } from '../failure.ts';
import { type JsonElement, JsonElements, type JsonKind, type JsonPath, type Selection } from './json-elements.ts';
import type { RegistryFormat } from '../source-definition.ts';
import { RECOGNIZED_BYTES, whyNotUtf8 } from './text-encoding.ts';
import { MAX_YAML_BYTES, yamlToJson } from './yaml.ts';

export interface DocumentReaderOptions extends FoundEntriesOptions {
  /** The format that the source configures. If it is absent, it is detected from the content. */
  readonly format?: RegistryFormat | undefined;
  /**
   * `yaml` if the file name or content type indicates it, `json` if only JSON is accepted. Default: YAML if the
   * document can't be JSON.
   */
  readonly syntax?: 'json' | 'yaml' | undefined;
}

/** The result at the end of a document. */
export interface DocumentSummary extends ReadEntries {
  readonly format: RegistryFormat;
  /** Number of entries in the document, including rejected and excluded ones. */
  readonly entries: number;
  /** The document without its entries, as JSON text (envelope.ts). */
  readonly envelope: string;
}

export class DocumentReader {
  readonly #options: DocumentReaderOptions;
  readonly #elements: JsonElements;
  /** Undefined until the first byte that isn't white space. */
  #syntax: 'json' | 'yaml' | undefined;
  /** The first bytes, until there are enough of them to recognize other encodings than UTF-8; then null. */
  #start: Uint8Array | null = new Uint8Array();
  #isBlank = true;
  #format: RegistryFormat | undefined;
  /** The bytes so far, as long as the document may be YAML or a single entry. */
  #whole: Uint8Array[] | null = [];
  #wholeBytes = 0;
  #rootKind: JsonKind | undefined;
  /** Whether it has a list of skills or plugins, or null instead of a container of entries. */
  #isRegistry = false;
  readonly #envelope = new DocumentMembers();
  readonly #found: FoundEntries;

  constructor(options: DocumentReaderOptions = {}) {
    this.#options = options;
    this.#syntax = options.syntax;
    this.#found = new FoundEntries(options);
    this.#elements = new JsonElements({ select: (path, kind) => this.#select(path, kind), maxBytes });
  }

  /**
   * Takes the next bytes and returns the entries that they complete. Don't modify a chunk afterwards.
   *
   * @throws RollcallError `DocumentInvalid` if the document is malformed, `FormatMismatch` if its content contradicts
   *   the configured format
   */
  push(chunk: Uint8Array): ReadEntries {
    const start = this.#start;
    if (start === null) this.#take(chunk);
    else {
      this.#start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
      if (this.#start.length >= RECOGNIZED_BYTES) this.#takeStart();
    }
    return this.#found.handOver();
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
   * Returns the whole document if it is YAML, or null if it is JSON. Call it after the last `push`. Converting hostile
   * YAML can take much memory and time, so a caller can convert it in another process and read the JSON instead of
   * calling `end`.
   *
   * @throws RollcallError `DocumentInvalid` if it is too large for YAML, empty, or not UTF-8
   */
  yaml(): Uint8Array | null {
    this.#takeStart();
    if (this.#isBlank) throw this.#invalid('the document is empty: one without entries is {"servers":[]}');
    if (this.#syntax !== 'yaml') return null;
    if (this.#whole === null) {
      throw this.#invalid(`the document isn't JSON, and it is too large for YAML: more than ${MAX_YAML_BYTES} bytes`);
    }
    return Buffer.concat(this.#whole);
  }

  /**
   * Ends the document.
   *
   * @throws RollcallError as `push`, and `DocumentInvalid` if the document is truncated or isn't a registry document
   */
  end(): DocumentSummary {
    const yaml = this.yaml();
    if (yaml !== null) this.#readYaml(yaml);
    this.#readElements(this.#elements.end());
    if (this.#format === undefined && this.#isRegistry) this.#format = this.#options.format ?? 'upstream';
    if (this.#format === undefined) this.#readSingleEntry();
    return {
      ...this.#found.handOver(),
      format: this.#format!,
      entries: this.#found.count,
      envelope: this.#envelope.text(),
    };
  }

  /** Reads a whole document at once. Throws like `push` and `end`. */
  readAll(bytes: Uint8Array): DocumentSummary {
    const { drafts, findings } = this.push(bytes);
    const summary = this.end();
    return { ...summary, drafts: [...drafts, ...summary.drafts], findings: [...findings, ...summary.findings] };
  }

  #select(path: JsonPath, kind: JsonKind): Selection {
    if (path.length === 0) this.#rootKind = kind;
    const format = containerFormats(path)?.[kind];
    if (format !== undefined) {
      this.#recognize(format, path);
      if (format === 'toolhive') this.#envelope.addContainer(String(path[0]), kind === 'array' ? '[]' : '{}');
      return 'enter';
    }
    if (skillListAt(path) !== undefined && kind === 'array') {
      if (path[0] === 'data') this.#recognize('upstream', path);
      this.#isRegistry = true;
      return 'enter';
    }
    if (path.length === 0 || (path.length === 1 && path[0] === 'data' && kind === 'object')) return 'enter';
    const isOther = containerFormats(path) === undefined && skillListAt(path) === undefined;
    return path.length === 2 && path[0] === 'data' && isOther ? 'skip' : 'take';
  }

  /** Sets the format when the first container of entries is found. */
  #recognize(format: RegistryFormat, path: JsonPath): void {
    const where = path.length === 0 ? 'it is a list' : `it has "${path.join('.')}"`;
    if (this.#options.format !== undefined && this.#options.format !== format) {
      throw new RollcallError(
        'FormatMismatch',
        `the source has the format ${this.#options.format}, but the document is in the format ${format}: ${where}`,
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
      const skillKind = skillListAt(element.path.slice(0, -1));
      if (skillKind !== undefined) this.#found.add({ element, outcome: readSkillEntry(element, skillKind) });
      else if (root === 'data' && element.path[1] === 'groups') this.#addGroup(readUpstreamGroup(element));
      else if (typeof root === 'number' || root === 'data')
        this.#found.add({ element, outcome: readUpstreamEntry(element) });
      else if (element.path.length === 1) this.#envelope.add(String(root), element);
      else if (root === 'groups') this.#addGroup(readToolhiveGroup(element));
      else if (this.#format === 'toolhive') {
        this.#found.add({ element, outcome: readToolhiveEntry(element, root === 'remote_servers') });
      } else this.#found.add({ element, outcome: readUpstreamEntry(element) });
    }
  }

  /** Whether the member is null instead of a container. Go programs write null for an empty list. */
  #isNoContainer(element: JsonElement): boolean {
    const isSkillList = skillListAt(element.path) !== undefined;
    if (containerFormats(element.path) === undefined && !isSkillList) return false;
    if (Buffer.from(element.bytes).toString() !== 'null') {
      // Any file can have a member with one of these names at the top.
      if (isSkillList && element.path.length === 1) return false;
      throw this.#invalid(`"${element.path.join('.')}" must be a list or an object of entries`);
    }
    if (isSkillList || element.path.at(-1) === 'servers') this.#isRegistry = true;
    return true;
  }

  #addGroup({ outcomes, group }: ReadGroup): void {
    for (const outcome of outcomes) this.#found.add(outcome);
    if (group !== null) this.#envelope.addGroup(group);
  }

  /** YAML and single entries can't be read in pieces, so they are buffered up to their size limit. */
  #keepWhole(chunk: Uint8Array): void {
    if (this.#whole === null) return;
    this.#whole.push(chunk);
    this.#wholeBytes += chunk.length;
    if (this.#wholeBytes > MAX_YAML_BYTES) this.#whole = null;
  }

  #readYaml(yaml: Uint8Array): void {
    const { json, positions } = yamlToJson(yaml);
    this.#found.positions = positions;
    this.#whole = [json];
    this.#readElements(this.#elements.push(json));
  }

  /** Reads a document without a container of entries, which must be a single entry. */
  #readSingleEntry(): void {
    const whole = this.#whole;
    const { names } = this.#envelope;
    const single = names.includes('name') || names.includes('server');
    if (this.#rootKind !== 'object' || !single || whole === null) {
      throw this.#invalid(`this isn't a registry document: ${this.#whatWasFound()}`);
    }
    this.#recognize('upstream', ['name']);
    this.#envelope.clear();
    const root = new JsonElements({ select: () => 'take', maxBytes });
    for (const element of root.push(Buffer.concat(whole)))
      this.#found.add({ element, outcome: readUpstreamEntry(element) });
  }

  #whatWasFound(): string {
    if (this.#rootKind !== 'object') return `it is a JSON ${this.#rootKind}`;
    const names = this.#envelope.names.slice(0, 8).map((name) => JSON.stringify(name.slice(0, 40)));
    const found = names.length === 0 ? 'an object without members' : `an object with ${names.join(', ')}`;
    return `it is ${found}; expected "servers", "data.servers", "remote_servers", or the members of a server.json`;
  }

  #invalid(message: string): RollcallError {
    return new RollcallError('DocumentInvalid', message);
  }
}
