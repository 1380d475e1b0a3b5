/** Waits for this long, or until the signal is aborted. */
export async function pause(milliseconds: number, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    until.addEventListener('abort', finish);
  });
}
