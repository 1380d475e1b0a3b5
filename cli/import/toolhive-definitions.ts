/** Converts stored data of ToolHive Registry Server to definitions, claims, and documents of Rollcall. */
import { sourceDefinition } from '../../config/definition.ts';
import { describeIssue, pathText } from '../../config/schema/messages.ts';
import type { OutboundSettings } from '../../config/model.ts';
import { checkRegistrySources, namedRegistry, namedSource } from '../../config/schema/file.ts';
import type { CreatedRegistry } from '../../db/configuration/created-registries.ts';
import type { CreatedSource } from '../../db/configuration/created-sources.ts';
import type { ToolhiveRegistry, ToolhiveSource } from '../../db/toolhive/contents.ts';
import type { ToolhivePublishedVersion } from '../../db/toolhive/published.ts';
import type { ImportedEntry } from '../../db/writes/import-entries.ts';
import { isClaims } from '../../registry/claims.ts';
import { type DraftOutcome, draftFromServerJson } from '../../registry/document/draft.ts';
import { isJsonObject } from '../../registry/json.ts';
import { draftFromSkill } from '../../registry/skills/skill-draft.ts';
import { toolhiveStoredToServerJson, toolhiveStoredToSkill } from '../../registry/toolhive/stored-entry.ts';
import { admissionFaults } from '../../sources/index.ts';

/** The converted value, or the reason why it can't be converted. */
export type Converted<Value> = { readonly value: Value } | { readonly reason: string };

/** A source that was created through the API of that server. The rules for sources created through the API apply. */
export function sourceFrom(stored: ToolhiveSource, outbound: OutboundSettings): Converted<CreatedSource> {
  const { name, type, filter, intervalSeconds } = stored;
  const parsed = namedSource.safeParse(
    {
      name,
      [type]: settingsOf(stored),
      ...(isJsonObject(filter) && { filter }),
      ...(intervalSeconds !== null && { syncPolicy: { interval: `${intervalSeconds}s` } }),
      ...claimsMember(stored.claims),
    },
    { error: describeIssue },
  );
  if (!parsed.success) return refusal(parsed.error.issues);
  const { name: _, claims = null, ...source } = parsed.data;
  const folder = outbound.secretsFolder ?? '/';
  const definition = sourceDefinition(name, source, { folder, environment: {} });
  const faults = admissionFaults(definition.origin, outbound);
  return faults.length > 0 ? refusal(faults) : { value: { definition, claims } };
}

/** Converts the members of the kind to those of a configuration file. Empty texts stand for absent members. */
function settingsOf({ type, settings }: ToolhiveSource): object | null {
  const stored = isJsonObject(settings) ? settings : {};
  if (type === 'kubernetes') {
    const namespaces = stored['Namespaces'] ?? stored['namespaces'];
    return Array.isArray(namespaces) && namespaces.length > 0 ? { namespaces } : null;
  }
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== '' && value !== null));
}

/** @param kinds kinds of all sources that Rollcall has, by name */
export function registryFrom(
  { name, sources, claims }: ToolhiveRegistry,
  kinds: ReadonlyMap<string, string>,
): Converted<CreatedRegistry> {
  const parsed = namedRegistry.safeParse({ name, sources, ...claimsMember(claims) }, { error: describeIssue });
  if (!parsed.success) return refusal(parsed.error.issues);
  const faults: Fault[] = [];
  const known = new Map([...kinds].map(([source, kind]) => [source, { [kind]: {} }]));
  checkRegistrySources(sources, known, (path, message) => faults.push({ path: ['sources', ...path], message }));
  if (faults.length > 0) return refusal(faults);
  const { access } = parsed.data;
  return { value: { name, sources, access, claims: parsed.data.claims ?? null } };
}

/** Tolerant like a sync: a version is refused only if it can't be stored or served. */
export function entryFrom(published: ToolhivePublishedVersion): Converted<ImportedEntry> {
  const { publishedAt, updatedAt } = published;
  const claims = published.claims ?? {};
  if (!isClaims(claims)) return { reason: 'its claims are neither texts nor lists of texts' };
  const outcome = draftOf(published);
  if ('rejection' in outcome) return { reason: outcome.rejection.reason };
  return { value: { draft: outcome.draft, claims, publishedAt, updatedAt } };
}

function draftOf(published: ToolhivePublishedVersion): DraftOutcome {
  const isServer = published.kind === 'server';
  const parsed = isServer ? toolhiveStoredToServerJson(published.stored) : toolhiveStoredToSkill(published.stored);
  const found = { text: JSON.stringify(parsed), parsed };
  return isServer ? draftFromServerJson(found) : draftFromSkill(published.kind, found);
}

/** Null and an empty object both mean that there are no claims. */
function claimsMember(claims: unknown): object {
  const areNone = claims === null || (isJsonObject(claims) && Object.keys(claims).length === 0);
  return areNone ? {} : { claims };
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function refusal(faults: readonly Fault[]): { readonly reason: string } {
  const texts = faults.map(({ path, message }) => (path.length === 0 ? message : `${pathText(path)}: ${message}`));
  return { reason: texts.join('; ') };
}
