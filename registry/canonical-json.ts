/**
 * JSON with sorted object members, so that equal values have equal texts. Postgres's `jsonb` doesn't preserve the order
 * of members. This file has no imports, so that workflow code can use it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
