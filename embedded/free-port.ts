/** Ports on the loopback interface. */
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** Returns a free port chosen by the operating system. */
export function findFreePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether the port is free. */
export function isPortFree(port: number, host: string = LOOPBACK): Promise<boolean> {
  return listenOnce(port, host).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EADDRINUSE',
  );
}

function listenOnce(port: number, host: string = LOOPBACK): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
