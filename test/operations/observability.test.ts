/** Rules and dashboard of deploy/observability: valid, tested, explained in the runbook, and about metrics that exist. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findOnPath } from '../../embedded/executable.ts';

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

/** Names of metrics in a query, without the suffixes of histograms. */
function metricsIn(query: string): string[] {
  const withoutLabels = query.replaceAll(/\{[^}]*\}/g, '').replaceAll(/\b(?:by|on|without|ignoring) \([^)]*\)/g, '');
  const names = withoutLabels.match(/\b(?:rollcall|http|db|nodejs|process|v8js|temporal)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));
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
  const used = new Set([...rules.map(({ expr }) => expr), ...dashboardQueries].flatMap(metricsIn));
  expect(used.size).toBeGreaterThan(30);
  // The page names percentiles as `…_p99_seconds`, after the first one in full.
  const documented = (name: string): boolean =>
    metricsPage.includes(`\`${name}\``) || metricsPage.includes(`\`${name.replace(/^.*(?=_p99_seconds$)/, '…')}\``);
  expect([...used].filter((name) => !documented(name))).toEqual([]);
});
