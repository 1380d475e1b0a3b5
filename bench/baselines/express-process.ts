/**
 * Baseline for cached answers: an Express application whose only handler sends fixed bytes and headers, which it receives
 * from its parent process.
 */
import express from 'express';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

process.once('message', ({ path, status, headers, body }: Answer) => {
  const application = express().disable('x-powered-by');
  const bytes = Buffer.from(body);
  application.get(path, (_request, response) => {
    response.writeHead(status, headers);
    response.end(bytes);
  });
  const server = application.listen(0, '127.0.0.1', () => {
    process.send?.((server.address() as AddressInfo).port);
  });
});
process.once('disconnect', () => process.exit());
