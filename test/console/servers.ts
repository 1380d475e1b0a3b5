/** Servers that the tests of the console look at. */
import type { EntryDraft } from '../../registry/entry.ts';
import { storedName } from '../../registry/entry-kind.ts';
import { draft } from '../db/sync-source.ts';

interface WrittenServer {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  readonly description: string;
  readonly [member: string]: unknown;
}

/** An entry with this server.json. */
function serverDraft(document: WrittenServer, changes: Partial<EntryDraft> = {}): EntryDraft {
  const { name, version, title = null, description } = document;
  return draft(name, version, { title, description, document: JSON.stringify(document), ...changes });
}

const token = { name: 'NOTES_TOKEN', description: 'Your token', isSecret: true, isRequired: true };
const folder = { type: 'named', name: '--folder', description: 'Where the notes are kept', isRequired: true };

function notes(
  version: string,
  { args, environment }: { readonly args: object[]; readonly environment: object[] },
): EntryDraft {
  return serverDraft(
    {
      name: 'com.example/notes',
      title: 'Notes',
      description: 'Keeps the notes of a team',
      version,
      websiteUrl: 'https://notes.example/',
      repository: { url: 'https://git.example/notes', source: 'git' },
      packages: [
        {
          registryType: 'npm',
          identifier: '@example/notes',
          version,
          transport: { type: 'stdio' },
          packageArguments: args,
          environmentVariables: environment,
        },
      ],
    },
    { publishedAt: `2026-0${version[0]}-01T00:00:00Z`, tags: ['office'] },
  );
}

export const NOTES = [
  notes('1.0.0', { args: [folder], environment: [token] }),
  notes('2.0.0', { args: [folder, { type: 'named', name: '--sync' }], environment: [token, { name: 'NOTES_LEVEL' }] }),
];

export const WEATHER = serverDraft({
  name: 'com.example/weather',
  title: 'Weather',
  description: 'Forecasts for a place',
  version: '1.0.0',
  remotes: [{ type: 'streamable-http', url: 'https://weather.example/mcp' }],
});

export const OLD = serverDraft(
  { name: 'com.example/old', title: 'Old', description: 'No longer maintained', version: '1.0.0' },
  { status: 'deprecated', statusMessage: 'Use Notes instead' },
);

function skill(version: string, allowedTools: readonly string[]): EntryDraft {
  const document = {
    namespace: 'com.example',
    name: 'pdf-forms',
    title: 'PDF forms',
    description: 'Fills in forms',
    version,
    license: 'Apache-2.0',
    allowedTools,
    packages: [
      { registryType: 'oci', identifier: 'ghcr.io/example/skills/pdf-forms:1.0.0; reboot', digest: 'sha256:aa' },
      { registryType: 'git', url: 'https://git.example/skills.git', commit: 'c0ffee', subfolder: 'pdf' },
    ],
    provenance: { signer_identity: 'release@example.com', cert_issuer: '' },
  };
  const { title, description } = document;
  const name = storedName('skill', 'com.example/pdf-forms');
  return draft(name, version, { title, description, document: JSON.stringify(document) });
}

export const SKILLS = [skill('1.0.0', ['Read']), skill('1.1.0', ['Read', 'Write'])];

const reviews = {
  namespace: 'com.example',
  name: 'reviews',
  description: 'Reviews changes',
  version: '1.0.0',
  packages: [{ registryType: 'git', url: 'https://git.example/reviews', commit: 'c0ffee' }],
};

export const PLUGIN = draft(storedName('plugin', 'com.example/reviews'), '1.0.0', {
  title: null,
  description: reviews.description,
  document: JSON.stringify(reviews),
});

const EVIL = 'com.example.evil';
/** Each script of it would open a dialog. */
export const HOSTILE = [
  serverDraft({
    name: `${EVIL}/markup`,
    title: '<img src=x onerror=alert(1)><script>alert(2)</script>',
    description: '<b>bold</b> \u202Egnp.exe\u202C zero\u200Bwidth',
    version: '1.0.0',
    websiteUrl: 'javascript:alert(3)',
    repository: { url: ' JavaScript:alert(4)', source: 'github' },
    icons: [
      {
        src: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="alert(5)"><script>alert(6)</script></svg>',
      },
      { src: 'https://tracker.example/pixel.png' },
    ],
    remotes: [
      {
        type: 'streamable-http',
        url: 'javascript:alert(7)',
        headers: [{ name: '<script>alert(8)</script>', value: 'a' }],
      },
    ],
  }),
  serverDraft({
    name: `${EVIL}/long`,
    title: 'A'.repeat(10_000),
    description: 'wide '.repeat(2_000),
    version: '1.0.0',
  }),
  serverDraft({
    name: `${EVIL}/types`,
    description: 'Members of the wrong type',
    version: '1.0.0',
    packages: [{ registryType: 5, identifier: {}, environmentVariables: 'none' }, 'x', null],
    remotes: { url: 1 },
    icons: 'javascript:alert(9)',
    repository: ['javascript:alert(10)'],
    __proto__: { polluted: true },
  }),
];
