/**
 * The kinds of entries, and the names under which they are stored. Within a source, the stored name identifies an entry's
 * versions. A server is stored under its own name. Skills and plugins have a prefix that no server's name can have
 * (`skill:com.example/pdf`), so that everything that works with stored names works with all kinds
 * (docs/decisions/0013-stored-names.md). Migration 0017 derives the kind from the name in SQL.
 */
export const ENTRY_KINDS = ['server', 'skill', 'plugin'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Skills and plugins have the same mechanics and almost the same documents. */
export const SKILL_KINDS = ['skill', 'plugin'] as const;
export type SkillKind = (typeof SKILL_KINDS)[number];

/** The name under which an entry is stored. `name` is `namespace/name`. */
export function storedName(kind: EntryKind, name: string): string {
  return kind === 'server' ? name : `${kind}:${name}`;
}

export function kindOfName(stored: string): EntryKind {
  return SKILL_KINDS.find((kind) => stored.startsWith(`${kind}:`)) ?? 'server';
}

/** The name that clients use: `namespace/name`. */
export function servedName(stored: string): string {
  const kind = kindOfName(stored);
  return kind === 'server' ? stored : stored.slice(kind.length + 1);
}

/** The entry in a sentence: `com.example/weather`, `skill com.example/pdf`. */
export function entryLabel(stored: string): string {
  const kind = kindOfName(stored);
  return kind === 'server' ? stored : `${kind} ${servedName(stored)}`;
}
