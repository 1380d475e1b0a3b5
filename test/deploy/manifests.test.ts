/** The plain manifests and the rendered chart, checked by kubeconform with schemas of a real API server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findGoProgram, KUBECONFORM } from '../go-program.ts';
import { ApiServer, askForPrograms } from '../kubernetes/api-server.ts';
import { FOREIGN, helm, template, valueFiles } from './chart.ts';
import { writeSchemas } from './manifest-schemas.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);
/** Kinds that the API server doesn't know. Kustomize reads its own. */
const SKIPPED = ['Kustomization', ...FOREIGN];

interface Report {
  /** The manifests with faults. */
  readonly resources: readonly { readonly msg: string }[];
  readonly summary: { readonly valid: number; readonly skipped: number };
}

const kubeconform = await findGoProgram(KUBECONFORM);
const programs = await askForPrograms();
const found = [kubeconform, programs, helm];
const [missing] = found.flatMap((one) => (typeof one === 'object' && 'missing' in one ? [one.missing] : []));

describe.skipIf(missing !== undefined)(`kubeconform${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let folder: string;
  let schemas: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-manifests-'));
    if ('missing' in programs) return;
    const server = await ApiServer.start(programs);
    try {
      schemas = await writeSchemas(server, folder);
    } finally {
      await server.stop();
    }
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['kubernetes', 'operator'])('finds no fault in deploy/%s', async (name) => {
    await expectNoFault(await manifestsIn(name));
  });

  test.each(valueFiles)('finds no fault in the chart with %s', async (values) => {
    await expectNoFault(await template(values));
  });

  test('finds members that are unknown, missing, or of the wrong type', async () => {
    const manifests = await manifestsIn('kubernetes');
    const broken = manifests.replaceAll('containerPort: ', 'port: ').replaceAll('replicas: 2', 'replicas: two');
    const messages = (await check(broken)).resources.map(({ msg }) => msg).join('\n');
    expect(messages).toContain("missing property 'containerPort'");
    expect(messages).toContain("additional properties 'port' not allowed");
    expect(messages).toContain("at '/spec/replicas': got string, want integer");
  });

  async function expectNoFault(manifests: string): Promise<void> {
    const kinds = [...manifests.matchAll(/^kind: (\w+)$/gm)].map(([, kind = '']) => kind);
    const skipped = kinds.filter((kind) => SKIPPED.includes(kind)).length;
    const { resources, summary } = await check(manifests);
    expect(resources).toEqual([]);
    expect(summary).toMatchObject({ valid: kinds.length - skipped, skipped });
    expect(summary.valid).toBeGreaterThan(0);
  }

  async function check(manifests: string): Promise<Report> {
    const file = join(folder, 'manifests.yaml');
    await writeFile(file, manifests);
    const options = ['-strict', '-output', 'json', '-summary', '-skip', SKIPPED.join(','), '-schema-location', schemas];
    // It ends with 1 if it finds a fault.
    const { stdout } = await promisify(execFile)(kubeconform as string, [...options, file]).catch(
      (error: { stdout: string }) => error,
    );
    return JSON.parse(stdout) as Report;
  }
});

async function manifestsIn(name: string): Promise<string> {
  const folder = new URL(`${name}/`, DEPLOY);
  const files = await readdir(folder);
  return (await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))).join('\n---\n');
}
