/** A server on 127.0.0.2 that must not be reached: it counts its visitors. */
import { createServer, type AddressInfo } from 'node:net';

export interface UntouchedServer {
  readonly port: number;
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startUntouchedServer(): Promise<UntouchedServer> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
