import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DocumentReader } from '../../registry/document/reader.ts';
import { load } from '../config/configuration-file.ts';
import { ApiServer, askForPrograms } from './api-server.ts';
import { applyAll, type Manifest, readManifests } from './manifests.ts';

const programs = await askForPrograms();
const because = 'missing' in programs ? ` (skipped: ${programs.missing})` : '';

async function dataOf(name: string): Promise<Readonly<Record<string, string>>> {
  const manifests = (await readManifests('single-pod.yaml')) as (Manifest & { data?: Record<string, string> })[];
  return manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.data ?? {};
}

describe('the example of deploy/kubernetes', () => {
  test('has a configuration with sources that its roles allow it to read', async () => {
    const { 'rollcall.yaml': text = '' } = await dataOf('rollcall-config');
    const { sources, notes } = await load(text);
    expect(notes).toEqual([]);
    expect(sources.map(({ name, origin }) => [name, origin.kind])).toEqual([
      ['cluster', 'kubernetes'],
      ['curated', 'kubernetes'],
      ['volume', 'file'],
    ]);
    const [role] = (await readManifests('config-map.yaml')) as (Manifest & { rules: object[] })[];
    expect(sources[1]?.origin).toMatchObject({ content: { configMap: { name: 'registry-data' } } });
    expect(role?.rules).toMatchObject([{ resourceNames: ['registry-data'] }]);
  });

  test('has a registry document without faults', async () => {
    const { 'registry.json': text = '' } = await dataOf('registry-data');
    const reader = new DocumentReader();
    const { drafts } = reader.push(Buffer.from(text));
    expect(drafts).toHaveLength(1);
    expect(reader.end().findings).toEqual([]);
  });
});

describe.skipIf('missing' in programs)(`the manifests of deploy/kubernetes${because}`, () => {
  let server: ApiServer;
  beforeAll(async () => {
    if (!('missing' in programs)) server = await ApiServer.start(programs);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
  });

  test.each(['rollcall.yaml', 'single-pod.yaml'])('%s is accepted, with every field', async (name) => {
    for (const file of ['account.yaml', 'all-namespaces.yaml', 'config-map.yaml', name]) await applyAll(server, file);
    const { body } = await server.ask('GET', '/apis/apps/v1/namespaces/rollcall/deployments');
    const [deployment] = body['items'] as { spec: object }[];
    expect(deployment?.spec).toMatchObject({ template: { spec: { serviceAccountName: 'rollcall' } } });
  });
});
