/** Entries to export: from the fixtures, and written by hand. */
import { readFileSync } from 'node:fs';
import { DocumentReader } from '../../../registry/document/reader.ts';
import type { ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import type { JsonObject } from '../../../registry/json.ts';

export const FIXTURES = ['official/servers.json', 'toolhive/registry.json'] as const;

/** The entries of a fixture, as if each version were the latest of a server with its own name. */
export function entriesOfFixture(file: (typeof FIXTURES)[number]): readonly ExportedVersion[] {
  const reader = new DocumentReader();
  const { drafts } = reader.push(readFileSync(new URL(`../../fixtures/${file}`, import.meta.url)));
  const { drafts: last } = reader.end();
  const seen = new Set<string>();
  return [...drafts, ...last].map(({ draft }) => {
    const isLatest = !seen.has(draft.name);
    seen.add(draft.name);
    return { ...draft, isLatest };
  });
}

export interface EntryOptions extends Partial<Omit<ExportedVersion, 'document'>> {
  readonly document?: JsonObject;
}

/** A latest, active version of `com.example/weather` with these members. */
export function entry({ document = {}, ...members }: EntryOptions = {}): ExportedVersion {
  const { name = 'com.example/weather', version = '1.0.0' } = members;
  return {
    name,
    version,
    status: 'active',
    isLatest: true,
    ...members,
    document: JSON.stringify({ name, version, description: 'Weather forecasts', ...document }),
  };
}

/** A server with an npm package. */
export function npmEntry(version: string, members: EntryOptions = {}): ExportedVersion {
  const packages = [
    { registryType: 'npm', identifier: '@example/weather', version, transport: { type: 'stdio' }, ...members.document },
  ];
  return entry({ ...members, version, document: { packages } });
}

/** A server with a URL. */
export function remoteEntry(name: string, remote: JsonObject, members: EntryOptions = {}): ExportedVersion {
  return entry({ ...members, name, document: { remotes: [{ type: 'streamable-http', ...remote }] } });
}
