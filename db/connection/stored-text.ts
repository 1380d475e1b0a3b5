/** Removes NUL, the only character that Postgres can't store. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** Whether Postgres can store the text. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
