/** The log of a process that isn't on a terminal. */
import { expect, test } from 'vitest';
import { withFile } from '../config/configuration-file.ts';
import { startRollcall } from './rollcall-process.ts';

/** Nothing listens there. The claims have no effect, and a note says so. */
const CONFIGURATION = `
sources: [{ name: catalog, file: { path: servers.json }, claims: { team: one } }]
auth: { mode: anonymous }
database: { host: 127.0.0.1, port: 1, database: rollcall, user: rollcall, sslMode: disable }
temporal: { address: "127.0.0.1:1" }
`;

async function runApi(
  environment: NodeJS.ProcessEnv,
  configuration = CONFIGURATION,
): Promise<{ status: number | null; lines: string[] }> {
  return await withFile(configuration, async (path) => {
    const { status, stdout, stderr } = await startRollcall(environment, 'api', '--config', path).ended;
    return { status, lines: `${stdout}${stderr}`.split('\n').filter((line) => line !== '') };
  });
}

test('every line is JSON with a level, an RFC 3339 time, and a message, the failure included', async () => {
  const { status, lines } = await runApi({});
  const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(status).toBe(1);
  for (const line of logged) {
    expect(line).toMatchObject({ name: 'api', level: expect.stringMatching(/^(?:info|warn|fatal)$/) });
    expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
    expect(line['msg']).not.toBe('');
  }
  expect(logged).toContainEqual(
    expect.objectContaining({
      level: 'info',
      msg: 'The api starts',
      database: '127.0.0.1:1/rollcall',
      auth: 'anonymous',
    }),
  );
  expect(logged).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('sources[0].claims') }),
  );
  const fatal = logged.filter(({ level }) => level === 'fatal');
  expect(fatal).toHaveLength(1);
  expect(fatal[0]).not.toHaveProperty('stack');
});

test('a faulty configuration is one line of JSON too', async () => {
  const { status, lines } = await runApi({}, 'registries: 5');
  expect(status).toBe(1);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      name: 'api',
      level: 'fatal',
      msg: expect.stringContaining('registries: expected a list'),
    }),
  ]);
});

test('the variable for the level works', async () => {
  const { lines } = await runApi({ THV_REGISTRY_LOG_LEVEL: 'error' });
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['fatal']);
});

test('a level that does not exist is named, with the ones that do', async () => {
  const { status, lines } = await runApi({ THV_REGISTRY_LOG_LEVEL: 'loud' });
  expect(status).toBe(1);
  expect(lines.join('\n')).toMatch(/THV_REGISTRY_LOG_LEVEL: log\.level: expected one of `trace`, `debug`, `info`/);
});

test('the format can be chosen', async () => {
  const { lines } = await runApi({ THV_REGISTRY_LOG_FORMAT: 'text' });
  expect(lines.some((line) => line.includes('The api starts') && !line.startsWith('{'))).toBe(true);
});
