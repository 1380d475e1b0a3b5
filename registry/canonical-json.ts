/**
 * JSON with the members of each object in order, so that equal values have equal texts: a definition that has been in
 * Postgres comes back with its members in another order. This file has no imports: workflow code may use it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
