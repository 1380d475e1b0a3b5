/** Unusual requests, generated from the server's own OpenAPI document. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, source, sync } from '../db/sync-source.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';
import { findSchemathesis, INSTALL_TIMEOUT_MS } from './schemathesis-program.ts';

const RUN_TIMEOUT_MS = 300_000;

/** A registry by name has the same handlers as the default one, and each goes through Temporal. */
const REPEATED_WRITES =
  '^(publish|replaceVersion|deleteVersion|setStatus|setStatusOfAll|validate|authenticate)OfRegistry$';

/**
 * A request that matches its schema can still be refused by rules that a schema can't express: a cursor must come from the
 * server, a remote must not use an undefined variable, `include_deleted=false` contradicts `updated_since`, and the configuration
 * file's definitions can't be changed. Everything else is checked.
 *
 * The definition of a source has so many members that trying every value of each would take longer than all the rest.
 */
const SETTINGS = `
seed = 20251201
[generation]
database = "none"
max-examples = 3
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 403, 404, 409, 422]
[[operations]]
include-operation-id = "putSource"
phases.coverage.enabled = false
[reports]
directory = "reports"
`;

let publishing: PublishingApi;
let folder: string;

/** Names for the path parameters of the document, so that requests reach more than a 404. */
const WEATHER = {
  name: 'com.example/weather',
  version: '1.0.0',
  description: 'Weather forecasts',
  packages: [{ registryType: 'npm', identifier: '@example/weather', version: '1.0.0', transport: { type: 'stdio' } }],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-schemathesis-'));
  publishing = await startPublishingApi(source('own', 'managed'), source('alpha'));
  const { api } = publishing;
  await sync(api.database, { sourceName: 'alpha', entries: [draft('com.example/maps', '1.0.0')] });
  await api.send('POST', '/v0.1/publish', { body: WEATHER });
});
afterAll(async () => {
  await publishing.end();
  await rm(folder, { recursive: true, force: true });
});

test(
  'schemathesis finds no answer that the document doesn’t describe, and no 500',
  { timeout: INSTALL_TIMEOUT_MS + RUN_TIMEOUT_MS },
  async (context) => {
    const program = await findSchemathesis();
    if (typeof program !== 'string') {
      context.skip(program.missing);
      return;
    }
    const report = await runSchemathesis(program);
    expect(report).toEqual({
      status: 0,
      text: expect.stringMatching(/Selected: (\d+)\/\d+\n\s+Tested: \1\n/) as string,
    });
  },
);

/** In its own folder, because it leaves files where it runs. */
async function runSchemathesis(program: string): Promise<{ readonly status: unknown; readonly text: string }> {
  const settings = join(folder, 'schemathesis.toml');
  await writeFile(settings, SETTINGS);
  const document = `${publishing.api.url}/openapi.json`;
  const selection = ['--checks', 'all', '--exclude-operation-id-regex', REPEATED_WRITES];
  const child = spawn(program, ['--config-file', settings, '--no-color', 'run', ...selection, document], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: RUN_TIMEOUT_MS,
  });
  const [report, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { status, text: report };
}
