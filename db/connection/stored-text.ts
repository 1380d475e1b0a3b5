/** Removes NUL, the only character that Postgres can't store. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** Like `withoutNul`, for text that may be absent. */
export function textOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : withoutNul(text);
}

/** Whether Postgres can store the text. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
