/** A connection to Postgres that a test can interrupt. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Gate {
  readonly port: number;
  /** Closes all connections and accepts no new ones. */
  readonly shut: () => void;
  readonly reopen: () => void;
  /** Keeps all connections open and accepts new ones, but passes nothing on, like a server that hangs. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly close: () => Promise<void>;
}

export async function openGate(host: string, port: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  const join = ([inner, outer]: readonly [Socket, Socket]): void => void inner.pipe(outer).pipe(inner);
  let isShut = false;
  let isFrozen = false;
  const server: Server = createServer((inner) => {
    if (isShut) {
      inner.destroy();
      return;
    }
    const outer = connect({ host, port });
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        inner.destroy();
        outer.destroy();
      });
    }
    pairs.add([inner, outer]);
    if (!isFrozen) join([inner, outer]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    shut: () => {
      isShut = true;
      for (const socket of sockets) socket.destroy();
    },
    freeze: () => {
      isFrozen = true;
      for (const [inner, outer] of pairs) {
        inner.unpipe().pause();
        outer.unpipe().pause();
      }
    },
    thaw: () => {
      if (isFrozen) for (const pair of pairs) join(pair);
      isFrozen = false;
    },
    reopen: () => {
      isShut = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
