import type pg from 'pg';
import type { Gauge } from '../../telemetry/gauges.ts';
import { addGauges } from '../../telemetry/meter.ts';

/** The pools of a process, which are reported together. */
const pools = new Set<pg.Pool>();

addGauges(() => (pools.size === 0 ? [] : poolGauges([...pools])));

/** Reports the connections of a pool. Returns a function that ends it. */
export function reportPool(pool: pg.Pool): () => void {
  pools.add(pool);
  return () => void pools.delete(pool);
}

function poolGauges(observed: readonly pg.Pool[]): Gauge[] {
  const sum = (count: (pool: pg.Pool) => number): number => observed.reduce((total, pool) => total + count(pool), 0);
  const attributes = { 'db.client.connection.pool.name': 'rollcall' };
  const state = (value: number, name: string): Gauge['points'][number] => ({
    value,
    attributes: { ...attributes, 'db.client.connection.state': name },
  });
  return [
    {
      name: 'db.client.connection.count',
      description: 'Connections of the pool, by state',
      unit: '{connection}',
      points: [
        state(
          sum(({ totalCount, idleCount }) => totalCount - idleCount),
          'used',
        ),
        state(
          sum(({ idleCount }) => idleCount),
          'idle',
        ),
      ],
    },
    {
      name: 'db.client.connection.max',
      description: 'Maximum number of connections of the pool',
      unit: '{connection}',
      points: [{ value: sum(({ options }) => options.max), attributes }],
    },
    {
      name: 'db.client.connection.pending_requests',
      description: 'Statements that wait for a connection',
      unit: '{request}',
      points: [{ value: sum(({ waitingCount }) => waitingCount), attributes }],
    },
  ];
}
