/** Install links and commands. */
import { describe, expect, test } from 'vitest';
import { serverForm, type ExportedVersion } from '../../../registry/exports/form/server-form.ts';
import { installOptions } from '../../../registry/exports/install/options.ts';
import type { InstallOption } from '../../../registry/exports/install/way.ts';
import { entry, npmEntry, remoteEntry } from './exported-entries.ts';

const LOCAL = npmEntry('1.0.0', {
  document: {
    packageArguments: [{ type: 'named', name: '--units', value: 'metric & more' }],
    environmentVariables: [{ name: 'LEVEL', default: 'info' }],
  },
});
const WITH_SECRET = npmEntry('1.0.0', {
  document: { environmentVariables: [{ name: 'WEATHER_KEY', isRequired: true, isSecret: true, description: 'Key' }] },
});
const REMOTE = remoteEntry('com.example/weather', { url: 'https://weather.example/mcp' });
const REMOTE_WITH_SECRET = remoteEntry('com.example/weather', {
  url: 'https://weather.example/mcp',
  headers: [{ name: 'Authorization', value: 'Bearer {token}', isRequired: true, isSecret: true }],
});

/** The first option of a client and kind; the reason if there is none. */
function option(server: ExportedVersion, client: string, kind: string): InstallOption | string {
  const found = installOptions(serverForm(server)).filter(
    (candidate) => candidate.client === client && candidate.kind === kind && !candidate.title.includes('registry'),
  )[0];
  if (found === undefined) throw new Error(`${client} has no ${kind}`);
  return 'text' in found ? found : found.reason;
}

function text(server: ExportedVersion, client: string, kind: string): string {
  const found = option(server, client, kind);
  return typeof found === 'string' ? found : found.text;
}

function parameters(link: string): URLSearchParams {
  return new URL(link).searchParams;
}

function base64Config(link: string): unknown {
  return JSON.parse(Buffer.from(parameters(link).get('config') ?? '', 'base64').toString());
}

const STDIO = {
  command: 'npx',
  args: ['-y', '@example/weather@1.0.0', '--units', 'metric & more'],
  env: { LEVEL: 'info' },
};

describe('a link for VS Code', () => {
  test('installs by the server’s name in the registry', () => {
    const [byName] = installOptions(serverForm(REMOTE));
    expect(byName).toMatchObject({ client: 'vscode', kind: 'link', text: 'vscode:mcp/by-name/com.example/weather' });
  });

  test('contains the configuration, under the name in the registry', () => {
    const link = text(LOCAL, 'vscode', 'link');
    expect(link).toMatch(/^vscode:mcp\/install\?%7B/);
    expect(JSON.parse(decodeURIComponent(link.slice('vscode:mcp/install?'.length)))).toEqual({
      name: 'com.example/weather',
      type: 'stdio',
      ...STDIO,
    });
  });

  test.each([
    ['vscode', 'https://vscode.dev/redirect/mcp/install'],
    ['vscode-insiders', 'https://insiders.vscode.dev/redirect/mcp/install'],
  ])('exists for pages that only show https links: %s', (client, address) => {
    const link = text(REMOTE, client, 'web-link');
    expect(link.startsWith(`${address}?`)).toBe(true);
    expect(parameters(link).get('name')).toBe('com.example/weather');
    expect(JSON.parse(parameters(link).get('config') ?? '')).toEqual({
      type: 'http',
      url: 'https://weather.example/mcp',
    });
  });

  test('asks for secrets', () => {
    const link = text(WITH_SECRET, 'vscode', 'web-link');
    expect(JSON.parse(parameters(link).get('config') ?? '')).toMatchObject({
      env: { WEATHER_KEY: '${input:com-example_weather.WEATHER_KEY}' },
      inputs: [{ id: 'com-example_weather.WEATHER_KEY', type: 'promptString', description: 'Key', password: true }],
    });
  });
});

describe('links for clients that don’t ask', () => {
  test.each([
    ['cursor', 'web-link', 'https://cursor.com/install-mcp'],
    ['cursor', 'link', 'cursor://anysphere.cursor-deeplink/mcp/install'],
    ['lm-studio', 'link', 'lmstudio://add_mcp'],
    ['lm-studio', 'web-link', 'https://lmstudio.ai/install-mcp'],
  ])('contain the configuration in base64: %s, %s', (client, kind, address) => {
    const link = text(LOCAL, client, kind);
    expect(link.startsWith(`${address}?`)).toBe(true);
    expect(parameters(link).get('name')).toBe('com.example/weather');
    expect(base64Config(link)).toEqual(STDIO);
  });

  test('Kiro and Visual Studio have it as JSON', () => {
    expect(JSON.parse(parameters(text(LOCAL, 'kiro', 'web-link')).get('config') ?? '')).toEqual(STDIO);
    const link = text(REMOTE, 'visual-studio', 'link');
    expect(JSON.parse(decodeURIComponent(link.slice('vsweb+mcp:/install?'.length)))).toEqual({
      name: 'com.example/weather',
      type: 'http',
      url: 'https://weather.example/mcp',
    });
  });

  test('Goose has it in parameters', () => {
    expect([...parameters(text(WITH_SECRET, 'goose', 'link'))]).toEqual([
      ['cmd', 'npx'],
      ['arg', '-y'],
      ['arg', '@example/weather@1.0.0'],
      ['id', 'com.example/weather'],
      ['name', 'com.example/weather'],
      ['description', 'Weather forecasts'],
    ]);
  });

  test.each(['cursor', 'lm-studio', 'kiro', 'goose', 'visual-studio'])(
    '%s: have no place for a secret, and say so',
    (client) => {
      const kind = client === 'kiro' ? 'web-link' : 'link';
      for (const [server, what] of [
        [WITH_SECRET, 'environment variable WEATHER_KEY'],
        [REMOTE_WITH_SECRET, 'header Authorization'],
      ] as const) {
        const found = option(server, client, kind) as InstallOption;
        expect(found.notes).toEqual([`After installing, add the ${what} to the client's settings.`]);
        expect(decodeURIComponent(found.text)).not.toMatch(/WEATHER_KEY|Authorization|Bearer/);
      }
    },
  );
});

describe('the command', () => {
  test.each([
    [
      LOCAL,
      'claude-code',
      "claude mcp add com-example_weather --env LEVEL=info -- npx -y @example/weather@1.0.0 --units 'metric & more'",
    ],
    [
      LOCAL,
      'codex',
      "codex mcp add com-example_weather --env LEVEL=info -- npx -y @example/weather@1.0.0 --units 'metric & more'",
    ],
    [
      LOCAL,
      'gemini',
      "gemini mcp add --env LEVEL=info com-example---weather npx -- -y @example/weather@1.0.0 --units 'metric & more'",
    ],
    [REMOTE, 'claude-code', 'claude mcp add --transport http com-example_weather https://weather.example/mcp'],
    [REMOTE, 'codex', 'codex mcp add com-example_weather --url https://weather.example/mcp'],
    [REMOTE, 'gemini', 'gemini mcp add --transport http com-example---weather https://weather.example/mcp'],
    [
      REMOTE_WITH_SECRET,
      'claude-code',
      "claude mcp add --transport http com-example_weather https://weather.example/mcp --header 'Authorization: Bearer ${COM_EXAMPLE_WEATHER_TOKEN}'",
    ],
    [
      REMOTE_WITH_SECRET,
      'codex',
      'codex mcp add com-example_weather --url https://weather.example/mcp --bearer-token-env-var COM_EXAMPLE_WEATHER_TOKEN',
    ],
    [
      REMOTE,
      'vscode',
      `code --add-mcp '{"name":"com.example/weather","type":"http","url":"https://weather.example/mcp"}'`,
    ],
    [WITH_SECRET, 'codex', 'codex mcp add passes on no variables: use config.toml'],
  ])('of a server for %2$s', (server, client, expected) => {
    expect(text(server, client, 'command')).toBe(expected);
  });

  test('names the variables that the user has to set', () => {
    expect((option(WITH_SECRET, 'claude-code', 'command') as InstallOption).notes).toEqual([
      'Set the environment variable WEATHER_KEY where the client runs.',
    ]);
  });
});

test('a server that can’t be installed has a reason for each client', () => {
  const [byName, ...others] = installOptions(serverForm(entry()));
  expect(byName).toMatchObject({ text: 'vscode:mcp/by-name/com.example/weather' });
  expect(new Set(others.map((found) => ('reason' in found ? found.reason : found.text)))).toEqual(
    new Set(['it has neither a package nor a remote']),
  );
});
