/** Exports of registries, rendered once for each state of a registry and for all callers that see the same entries. */
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../../db/connection/database.ts';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { listArtifacts } from '../../../db/contents/entry-files.ts';
import { streamEntries } from '../../../db/entries/entries.ts';
import { servedName, type SkillKind } from '../../../registry/entry-kind.ts';
import type { ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import type { SkillCatalog, SkillTarget } from '../../../registry/exports/skills/skill-target.ts';
import {
  type Catalog,
  catalogOf,
  type ExportOptions,
  type ReportLine,
  type Target,
} from '../../../registry/exports/target.ts';
import type { JsonObject } from '../../../registry/json.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { BodyCache, bodyOf } from '../../cache/bodies.ts';
import { HttpError } from '../../http/error.ts';

/** An export is a list of what a company approves. Rendering more would keep other requests waiting. */
const MAX_VERSIONS = 10_000;
const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
const MAX_CACHE_BYTES = 16 * 1024 * 1024;

export interface RenderedExport {
  readonly text: string;
  readonly report: readonly ReportLine[];
  /** Time of the latest change of an entry (RFC 3339); null without entries. */
  readonly changedAt: string | null;
}

export interface ExportRequest {
  readonly view: RegistryView;
  readonly target: Target | SkillTarget;
  readonly options: ExportOptions;
}

interface DatedCatalog {
  readonly catalog: Catalog;
  readonly changedAt: string | null;
}

export class RenderedExports {
  readonly #database: Database;
  readonly #rendered = new BodyCache(MAX_CACHE_BYTES);
  /** Kept because callers often request the report, or another target, next. */
  readonly #catalogs = new LRUCache<string, Promise<DatedCatalog>>({ max: 2 });

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param address the address of the client; clients with the same address share a limit
   * @throws HttpError 422 for a registry that is too large, and errors of reading it.
   */
  async of({ view, target, options }: ExportRequest, address: string): Promise<RenderedExport> {
    const state = `${view.registry.revisionToken} ${view.key}`;
    const body = await this.#rendered.getOrMake(
      [state, target.id, options.mode, options.versions].join(' '),
      async () => {
        if ('lists' in target) {
          const { catalog, changedAt } = await this.#readSkills(view, target.lists, address);
          return bodyOf(JSON.stringify({ ...target.renderSkills(catalog), changedAt } satisfies RenderedExport));
        }
        const { catalog, changedAt } = await this.#catalogAt(state, view, address);
        // Rendering takes a while: let other requests run in between.
        await setImmediate();
        const { text, report } = target.render(catalog, options);
        return bodyOf(JSON.stringify({ text, report, changedAt } satisfies RenderedExport));
      },
    );
    return JSON.parse(body.content.toString()) as RenderedExport;
  }

  #catalogAt(state: string, view: RegistryView, address: string): Promise<DatedCatalog> {
    const known = this.#catalogs.get(state);
    if (known !== undefined) return known;
    const reading = this.#read(view, address);
    this.#catalogs.set(state, reading);
    reading.catch(() => this.#catalogs.delete(state));
    return reading;
  }

  async #read(view: RegistryView, address: string): Promise<DatedCatalog> {
    const { entries, changedAt } = await this.#entries({ ...entriesOf(view), includeDeleted: true }, { view, address });
    return { catalog: catalogOf(entries), changedAt };
  }

  async #readSkills(
    view: RegistryView,
    kind: SkillKind,
    address: string,
  ): Promise<{ readonly catalog: SkillCatalog; readonly changedAt: string | null }> {
    const seen = { ...entriesOf(view), kind };
    const { entries, changedAt } = await this.#entries(
      { ...seen, version: 'latest', includeDeleted: false },
      { view, address },
    );
    const artifacts = await listArtifacts(this.#database, seen);
    const skills = entries.map(({ name, version, status, document }) => ({
      name: servedName(name),
      version,
      status,
      document: JSON.parse(document) as JsonObject,
      artifact: artifacts.get(`${name} ${version}`) ?? null,
    }));
    return { catalog: { registry: view.registry.name, skills }, changedAt };
  }

  async #entries(
    query: Parameters<typeof streamEntries>[1],
    { view, address }: { readonly view: RegistryView; readonly address: string },
  ): Promise<{ readonly entries: readonly ExportedVersion[]; readonly changedAt: string | null }> {
    // Shared by all concurrent callers, so it doesn't end with the client that asked first.
    const reader = { key: address, signal: new AbortController().signal };
    const entries: ExportedVersion[] = [];
    let changedAt: string | null = null;
    let bytes = 0;
    for await (const entry of readConsistently(this.#database, reader, (transaction) =>
      streamEntries(transaction, query),
    )) {
      bytes += entry.document.length;
      if (entries.length === MAX_VERSIONS || bytes > MAX_DOCUMENT_BYTES) throw tooLarge(view.registry.name);
      const { name, version, status, isLatest, document, updatedAt, statusChangedAt } = entry;
      entries.push({ name, version, status, isLatest, document });
      for (const time of [updatedAt, statusChangedAt]) {
        if (changedAt === null || Date.parse(time) > Date.parse(changedAt)) changedAt = time;
      }
    }
    return { entries, changedAt };
  }
}

function tooLarge(name: string): HttpError {
  const limit = `${MAX_VERSIONS} versions or ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`;
  return new HttpError(
    422,
    `Registry "${name}" has more than ${limit}, the maximum that can be exported: make a registry of the approved servers, with a filter on its source`,
  );
}
