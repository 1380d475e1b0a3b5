/** Combines a burst of events into one. */
export interface Settling {
  /** Reports an event. */
  note(): void;
  /** Resolves when events have occurred and then stopped for a while. */
  readonly settled: Promise<void>;
}

/** @param limits how long it must be quiet, and the longest delay of the first event, in milliseconds */
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
