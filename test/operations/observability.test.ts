/** Rules and dashboard of deploy/observability: valid, tested, explained in the runbook, and about metrics that exist. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startPublishingApiWith } from '../api/publishing-api.ts';
import { source } from '../db/sync-source.ts';
import { findOnPath } from '../../embedded/programs.ts';

const ROOT = new URL('../../', import.meta.url);
const RULES = 'deploy/observability/prometheus-rules.yaml';
const DASHBOARD = 'deploy/observability/grafana-dashboard.json';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

let rules: readonly Rule[];
let dashboardQueries: readonly string[];
let runbook: string;
let metricsPage: string;

beforeAll(async () => {
  const [rulesText, dashboard, runbookText, metrics] = await Promise.all(
    [RULES, DASHBOARD, 'docs/runbook.md', 'docs/metrics.md'].map((path) => readFile(new URL(path, ROOT), 'utf8')),
  );
  rules = (parse(rulesText ?? '') as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
  dashboardQueries = (JSON.parse(dashboard ?? '') as { panels: { targets?: { expr: string }[] }[] }).panels.flatMap(
    ({ targets = [] }) => targets.map(({ expr }) => expr),
  );
  [runbook, metricsPage] = [runbookText ?? '', metrics ?? ''];
});

/** Names of series in a query. */
function seriesIn(query: string): string[] {
  const withoutLabels = query.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(?:by|on|without|ignoring) \([^)]*\)/g, '');
  return withoutLabels.match(/\b(?:rollcall|http|db|nodejs|process|v8js|temporal)_\w+/g) ?? [];
}

/** All series that the rules and the dashboard use. */
function usedSeries(): string[] {
  return [...new Set([...rules.map(({ expr }) => expr), ...dashboardQueries].flatMap(seriesIn))];
}

describe('promtool', async () => {
  const promtool = await findOnPath('promtool');
  const reason = promtool === undefined ? ' (skipped: no promtool on the PATH; the Debian package is prometheus)' : '';
  const run = promisify(execFile);

  test.skipIf(promtool === undefined)(`accepts the rules${reason}`, async () => {
    const { stdout } = await run('promtool', ['check', 'rules', fileURLToPath(new URL(RULES, ROOT))]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  test.skipIf(promtool === undefined)(`sees each alert fire for its fault, and for nothing else${reason}`, async () => {
    const file = fileURLToPath(new URL('alerts.test.yaml', import.meta.url));
    const { stdout } = await run('promtool', ['test', 'rules', file]);
    expect(stdout).toContain('SUCCESS');
    const text = await readFile(file, 'utf8');
    expect(rules.map(({ alert }) => alert).filter((alert) => !text.includes(alert))).toEqual([]);
  });
});

test('each alert has a severity, a summary, and an entry in the runbook, and each entry an alert', () => {
  const entries = [...runbook.matchAll(/^## (Rollcall\w+)$/gm)].map(([, alert]) => alert ?? '');
  expect(rules.map(({ alert }) => alert).sort()).toEqual(entries.sort());
  for (const { alert, labels, annotations } of rules) {
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations).toMatchObject({
      summary: expect.any(String),
      description: expect.any(String),
      runbook_url: `docs/runbook.md#${alert.toLowerCase()}`,
    });
  }
  for (const entry of runbook.split(/^## /m).filter((text) => text.startsWith('Rollcall'))) {
    expect(entry).toMatch(/\*\*Meaning\.\*\*[^]*\*\*Look at\.\*\*[^]*\*\*Do\.\*\*/);
  }
});

test('every metric of the rules and the dashboard is documented', () => {
  const used = usedSeries();
  expect(used.length).toBeGreaterThan(30);
  // The page names percentiles as `…_p99_seconds`, after the first one in full, and histograms without their suffixes.
  const documented = (name: string): boolean =>
    [name, name.replace(/^.*(?=_p99_seconds$)/, '…'), name.replace(/_(?:bucket|count|sum)$/, '')].some((form) =>
      metricsPage.includes(`\`${form}\``),
    );
  expect(used.filter((name) => !documented(name))).toEqual([]);
});

/** Series that begin with an event that this test doesn't cause, and the disk of the embedded mode (disk-watch.test.ts). */
const NOT_CAUSED = [
  'rollcall_disk_free_bytes',
  'rollcall_disk_size_bytes',
  'rollcall_requests_refused_total',
  'temporal_request_failure_total',
];

test('every other metric of the rules and the dashboard is exported by an api and a worker', async () => {
  const broken = { ...source('broken'), origin: { kind: 'file', location: { path: '/nowhere/registry.json' } } };
  const healthy = {
    ...source('healthy'),
    // A document of this repository.
    origin: { kind: 'file', location: { path: fileURLToPath(new URL('examples/servers.json', ROOT)) } },
    syncPolicy: { intervalMs: 500, maxRemoval: 0.5, deadlineMs: 60_000 },
  };
  const audit = { enabled: true, excludeEventTypes: [], retentionMs: 86_400_000 };
  const publishing = await startPublishingApiWith({ audit }, source('own', 'managed'), healthy, broken);
  try {
    await publishing.api.get('/v0.1/servers');
    const server = { name: 'com.example/weather', description: 'Tells the weather', version: '1.0.0' };
    expect((await publishing.api.send('POST', '/v0.1/publish', { body: server })).status).toBe(200);
    await expect
      .poll(
        async () => {
          const text = await (await fetch(`${publishing.api.internalUrl}/metrics`)).text();
          const exported = new Set(text.match(/^[a-z]\w+/gm));
          return usedSeries().filter((name) => !exported.has(name) && !NOT_CAUSED.includes(name));
        },
        { timeout: 20_000 },
      )
      .toEqual([]);
  } finally {
    await publishing.end();
  }
}, 60_000);
