/** Postgres keeps every character but one. What is displayed goes without it rather than not at all. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** Whether a text could be in the database at all: it could not with a NUL in it. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
