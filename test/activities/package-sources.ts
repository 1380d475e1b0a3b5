/** Sources whose documents name packages, and the stored files of these packages. */
import { sql } from 'slonik';
import { z } from 'zod';
import type { Database } from '../../db/connection/database.ts';
import type { EntryRow } from '../../db/entries/entries.ts';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import { entriesOf } from '../db/sync-source.ts';
import { skillMd } from '../sources/scanned-repository.ts';
import { SourceUnderTest } from './source-under-test.ts';

type Document = Readonly<Record<string, unknown>>;

export const SKILL = skillMd('pdf', '', 'Use it for zanzibarine layouts.\n');

/** Documents of skills and plugins. By default, each is the version 1.0.0 of `com.example/pdf`. */
export function originOf(skills: readonly Document[], plugins: readonly Document[] = []): SourceOrigin {
  const complete = (document: Document): object => ({
    namespace: 'com.example',
    name: 'pdf',
    description: 'Reads PDF files.',
    version: '1.0.0',
    ...document,
  });
  const data = { servers: [], skills: skills.map(complete), plugins: plugins.map(complete) };
  return { kind: 'file', location: { data: JSON.stringify({ data }) } };
}

const fileRow = z.object({ path: z.string(), bytes: z.instanceof(Buffer), executable: z.boolean() });

export class PackageSources {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A source, now the only one, that can read packages of this machine. */
  async of(origin: SourceOrigin): Promise<SourceUnderTest> {
    const { definition } = await SourceUnderTest.of(this.#database, origin);
    return new SourceUnderTest(this.#database, definition, new OutboundGuard({ allow: ['127.0.0.1'] }));
  }

  /** Syncs a skill with one package, whose files can't be stored, and returns why. */
  async faultOf(named: Document): Promise<string | null | undefined> {
    const source = await this.of(originOf([{ packages: [named] }]));
    await source.sync();
    const { failed } = await source.readPackages();
    const files = Object.keys(await this.filesOf('skill:com.example/pdf', source));
    if (failed !== 1 || files.length > 0) throw new Error(`the package was read: ${files.join(', ')}`);
    return (await this.served()).reading?.fault;
  }

  /** The first skill or plugin. */
  async served(kind: 'skill' | 'plugin' = 'skill'): Promise<EntryRow> {
    const [entry] = await entriesOf(this.#database, { kind });
    return entry!;
  }

  /** The texts of stored files by path. Executable ones have an asterisk. */
  async filesOf(name: string, { definition }: SourceUnderTest): Promise<Record<string, string>> {
    const rows = await this.#database.any(sql.type(fileRow)`
      select path, bytes, executable from entry_file join content using (digest) join entry on entry.id = entry_id
      join source on source.id = source_id
      where source.name = ${definition.name} and entry.name = ${name} and path <> '' order by path`);
    return Object.fromEntries(
      rows.map(({ path, bytes, executable }) => [executable ? `${path}*` : path, String(bytes)]),
    );
  }

  /** Whether a search finds a skill. */
  async finds(search: string): Promise<boolean> {
    return (await entriesOf(this.#database, { kind: 'skill', search })).length > 0;
  }

  /** Makes more than a day pass since everything was read. */
  async passTime(): Promise<void> {
    await this.#database.query(sql.type(z.object({}))`
      update package_reading set due_at = due_at - interval '25 hours' where due_at < 'infinity'`);
  }
}
