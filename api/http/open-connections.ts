import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

interface Connection {
  readonly socket: Socket;
  /** The newest request's answer. Undefined before the first request. */
  answer: ServerResponse | undefined;
  /** How much the client had sent when the last answer was sent. */
  bytesReadBefore: number;
}

/** The connections of a server, each with the newest request's answer. */
export class OpenConnections {
  readonly #connections = new Map<Duplex, Connection>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#connections.set(socket, { socket, answer: undefined, bytesReadBefore: 0 });
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      const connection = this.#connections.get(socket);
      if (connection === undefined) return;
      connection.answer = response;
      response.once('finish', () => {
        connection.bytesReadBefore = socket.bytesRead;
      });
    });
  }

  /** Undefined before the first request. */
  answerOn(socket: Duplex): ServerResponse | undefined {
    return this.#connections.get(socket)?.answer;
  }

  /**
   * Closes connections whose last answer was sent, or that had none, unless part of another request has arrived. Node's
   * `closeIdleConnections` also cuts off answers that are complete but not sent yet.
   */
  closeIdle(): void {
    for (const { socket, answer, bytesReadBefore } of this.#connections.values()) {
      const isAnswered = answer === undefined || answer.writableFinished;
      if (isAnswered && socket.bytesRead === bytesReadBefore) socket.destroy();
    }
  }
}
