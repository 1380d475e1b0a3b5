/** What comes in a burst is answered once. */
export interface Settling {
  /** Something happened. */
  note(): void;
  /** Resolves when something has happened, and then nothing for a while. */
  readonly settled: Promise<void>;
}

/** @param limits how long nothing must happen, and how long the first happening is kept waiting at most */
export function settling(limits: { readonly quietMs: number; readonly longestMs: number }): Settling {
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  let deadline: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    settled,
    note: () => {
      deadline ??= Date.now() + limits.longestMs;
      clearTimeout(timer);
      timer = setTimeout(resolve, Math.max(0, Math.min(limits.quietMs, deadline - Date.now())));
    },
  };
}
