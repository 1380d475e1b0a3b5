/** Requests by operators. They are stored here, so that they survive the loss of Temporal's data and can't be forged there. */
import { sql } from 'slonik';
import type { Database } from '../connection/database.ts';
import { nothing } from '../connection/schemas.ts';

/** Records that a source was paused or resumed. */
export async function storePause(database: Database, sourceName: string, paused: boolean): Promise<void> {
  await database.query(sql.type(nothing)`
    update source set paused = ${paused} where name = ${sourceName} and paused <> ${paused}`);
}

/** Lets the next sync that starts within an hour remove more entries than the removal guard allows. */
export async function requestForce(database: Database, sourceName: string): Promise<void> {
  await database.query(sql.type(nothing)`
    update source set force_requested_at = now() where name = ${sourceName}`);
}

/** Lets a detached source be erased with everything that was published to it. */
export async function requestErasure(database: Database, sourceName: string): Promise<void> {
  await database.query(sql.type(nothing)`
    update source set erase_requested_at = now() where name = ${sourceName} and detached_at is not null`);
}
