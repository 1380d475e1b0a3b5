import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The connections of a server, each with the newest request's answer. */
export class OpenConnections {
  readonly #answers = new Map<Duplex, ServerResponse | undefined>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#answers.set(socket, undefined);
      socket.once('close', () => this.#answers.delete(socket));
    });
    server.on('request', ({ socket }, response) => this.#answers.set(socket, response));
  }

  /** Undefined before the first request. */
  answerOn(socket: Duplex): ServerResponse | undefined {
    return this.#answers.get(socket);
  }

  /**
   * Closes connections that have no request, or whose answer was sent. Node's `closeIdleConnections` also cuts off answers
   * that are complete but not sent yet.
   */
  closeIdle(): void {
    for (const [socket, answer] of this.#answers) {
      if (answer === undefined || answer.writableFinished) socket.destroy();
    }
  }
}
