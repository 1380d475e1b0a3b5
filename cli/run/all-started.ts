/**
 * Waits for all starts, even if one fails: cleanup must know what has started.
 *
 * @param onFailure called at once with a failure, if other starts still run: the last one may take minutes
 * @throws the failure of the first start in the list that failed
 */
export async function allStarted<Starts extends readonly unknown[]>(
  starts: readonly [...Starts],
  onFailure: (error: unknown) => void = () => undefined,
): Promise<{ -readonly [Index in keyof Starts]: Awaited<Starts[Index]> }> {
  let running = starts.length;
  const settled = starts.map((start) =>
    Promise.resolve(start)
      .finally(() => (running -= 1))
      .catch((error: unknown) => {
        if (running > 0) onFailure(error);
      }),
  );
  await Promise.all(settled);
  return await Promise.all(starts);
}
