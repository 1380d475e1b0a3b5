/**
 * Counters and histograms. Labels have values from fixed sets, so that the number of series doesn't depend on the number
 * of sources, servers, or callers. docs/metrics.md describes each of them.
 */
import { createFastHistogram, meter } from './meter.ts';

/** The boundaries of the semantic conventions in seconds, with smaller ones, because cached pages take less than 5 ms. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** The boundaries of the semantic conventions in seconds. */
const DATABASE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const SYNC_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900];

export const httpServerDuration = createFastHistogram({
  name: 'http.server.request.duration',
  unit: 's',
  description: 'Duration of requests to the public port',
  boundaries: REQUEST_SECONDS,
});

export const httpClientDuration = meter.createHistogram('http.client.request.duration', {
  unit: 's',
  description: 'Duration of requests to upstreams and identity providers, up to the headers of the response',
  advice: { explicitBucketBoundaries: REQUEST_SECONDS },
});

export const databaseDuration = createFastHistogram({
  name: 'db.client.operation.duration',
  unit: 's',
  description: 'Duration of SQL statements',
  boundaries: DATABASE_SECONDS,
});

export const syncDuration = meter.createHistogram('rollcall.sync.duration', {
  unit: 's',
  description: 'Duration of syncs, by kind of source and outcome',
  advice: { explicitBucketBoundaries: SYNC_SECONDS },
});

export const syncFailures = meter.createCounter('rollcall.sync.failures', {
  description: 'Failed syncs, by kind of source and failure type',
});

export const syncedEntries = meter.createCounter('rollcall.sync.entries', {
  description: 'Entries that syncs added, changed, or removed, by kind of source',
});

export const checks = meter.createCounter('rollcall.source.checks', {
  description: 'Checks of upstreams, by kind of source and result',
});

export const changes = meter.createCounter('rollcall.changes', {
  description: 'Changes requested through the API, by action and outcome; publishes are the action entry.publish',
});

export const refusedRequests = meter.createCounter('rollcall.requests.refused', {
  description: 'Requests refused because of who sent them (401, 403) or how many were sent (429)',
});

export const auditEvents = meter.createCounter('rollcall.audit.events', {
  description: 'Audit events, by whether they were written to the database or lost',
});

export const serverLookups = meter.createCounter('rollcall.server.lookups', {
  description: 'Lookups of versions/latest, by server; off by default',
});

export const packageReadings = meter.createCounter('rollcall.package.readings', {
  description: 'Packages of skills and plugins that were read or kept, or could not be read',
});

export const signatureChecks = meter.createCounter('rollcall.signature.checks', {
  description: 'Verifications of the signatures of skills and plugins, by result',
});
