import { expect, test } from 'vitest';
import { inputsOfForm, withAnswers } from '../../../registry/exports/form/answers.ts';
import { serverForm } from '../../../registry/exports/form/server-form.ts';
import { installFiles } from '../../../registry/exports/install/files.ts';
import { installOptions } from '../../../registry/exports/install/options.ts';

const form = serverForm({
  name: 'com.example/notes',
  version: '1.0.0',
  status: 'active',
  isLatest: true,
  document: JSON.stringify({
    packages: [
      {
        registryType: 'npm',
        identifier: '@example/notes',
        version: '1.0.0',
        packageArguments: [{ type: 'named', name: '--folder', isRequired: true }],
        environmentVariables: [
          { name: 'TOKEN', isSecret: true, isRequired: true },
          { name: 'GREETING', value: 'Hello {user}', variables: { user: { isRequired: true } } },
        ],
      },
    ],
  }),
});

test('asks for each input once', () => {
  expect(inputsOfForm(form).map(({ id, isSecret }) => [id, isSecret])).toEqual([
    ['folder', false],
    ['TOKEN', true],
    ['user', false],
  ]);
});

test('answers become part of commands and files, except for secrets', () => {
  const answered = withAnswers(form, { folder: '/srv/notes', user: 'Ada', TOKEN: 'hunter2' });
  const texts = [...installOptions(answered), ...installFiles(answered)].flatMap((way) =>
    'text' in way ? [way.text] : [],
  );
  expect(texts.length).toBeGreaterThan(10);
  const all = texts.map(decodeURIComponent).join('\n');
  expect(all).toContain('/srv/notes');
  expect(all).toContain('Hello Ada');
  expect(all).not.toContain('hunter2');
});

test('an empty answer leaves the input to the client', () => {
  const vscode = installFiles(withAnswers(form, { folder: '' })).find(({ client }) => client === 'vscode');
  expect(vscode && 'text' in vscode ? vscode.text : '').toContain('${input:com-example_notes.folder}');
});

test('a file for clients without variables says what to add to it', () => {
  const other = installFiles(withAnswers(form, { folder: '/srv', user: 'Ada' })).find(
    ({ client }) => client === 'other',
  );
  expect(other).toMatchObject({
    path: 'mcp.json',
    notes: ["After installing, add the environment variable TOKEN to the client's settings."],
  });
  expect(other && 'text' in other ? JSON.parse(other.text) : undefined).toMatchObject({
    mcpServers: { 'com.example/notes': { command: 'npx', env: { GREETING: 'Hello Ada' } } },
  });
});
