/**
 * Baseline for uncached look-ups: an Express application whose only handler runs one prepared single-row query with plain
 * `pg` and sends the document. Receives the connection and the registry's id from its parent process.
 */
import express from 'express';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

export interface LookupSetup {
  readonly connection: pg.ClientConfig;
  readonly registryId: string;
}

const LATEST = `
  select entry.document from server_owner
  join entry on entry.source_id = server_owner.source_id and entry.name = server_owner.name
  where server_owner.registry_id = $1 and server_owner.name = $2 and entry.is_latest`;

process.once('message', ({ connection, registryId }: LookupSetup) => {
  const pool = new pg.Pool({ ...connection, max: 10 });
  const application = express().disable('x-powered-by');
  application.get('/v0.1/servers/:name/versions/latest', (request, response, next) => {
    const values = [registryId, request.params.name];
    pool
      .query<{ document: string }>({ name: 'latest', text: LATEST, values })
      .then(({ rows }) => response.type('json').send(rows[0]!.document))
      .catch(next);
  });
  const server = application.listen(0, '127.0.0.1', () => {
    process.send?.((server.address() as AddressInfo).port);
  });
});
process.once('disconnect', () => process.exit());
