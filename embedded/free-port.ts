/** Ports on the loopback interface. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Below the ports that Linux (from 32768), macOS, and Windows (from 49152) give to outgoing connections. */
const FIRST = 15_000;
const LAST = 32_767;

/**
 * Returns a free port, chosen at random. No outgoing connection can take it before it is used, as could happen with a port that
 * the operating system chooses.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isPortFree(port)) return port;
  }
}

export function isPortFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
