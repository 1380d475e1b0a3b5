/** Aborts when this process must stop: on SIGINT, SIGTERM, or when the parent process ends and the channel closes. */
export function untilToldToStop(): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  process.once('disconnect', abort);
  return stop.signal;
}
