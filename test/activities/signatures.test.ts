/** Signatures of skills, verified with real keys against a Sigstore and an OCI registry on this machine. */
import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'slonik';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { OutboundGuard } from '../../outbound/guard.ts';
import type { Verification } from '../../registry/skills/provenance.ts';
import type { SourceOrigin } from '../../registry/source-definition.ts';
import { entriesOf } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { startSigstore, type TestSigstore } from '../upstreams/sigstore.ts';
import { SourceUnderTest } from './source-under-test.ts';

const REPOSITORY = 'https://github.com/acme/pdf';
const WORKFLOW = `${REPOSITORY}/.github/workflows/release.yml@refs/tags/v1`;
const ISSUER = 'https://token.actions.githubusercontent.com';
const COMMIT = 'c'.repeat(40);
const DIGEST = 'd'.repeat(64);

let folder: string;
let testDatabase: TestDatabase;
let sigstore: TestSigstore;
let guard: OutboundGuard;
/** Answers of the OCI registry, by path without query. */
const answers = new Map<string, unknown>();
let requests: string[] = [];
let host: string;
let isFailing = false;
const registry = createServer((request, response) => {
  const url = new URL(request.url!, 'http://localhost');
  requests.push(url.pathname);
  if (isFailing) return response.writeHead(503).end();
  if (url.pathname === '/token') return response.end(JSON.stringify({ token: 'anonymous' }));
  if (request.headers.authorization !== 'Bearer anonymous') {
    const challenge = `Bearer realm="http://${host}/token",service="test",scope="repository:acme/pdf:pull"`;
    return response.writeHead(401, { 'www-authenticate': challenge }).end();
  }
  const answer = answers.get(url.pathname);
  return answer === undefined ? response.writeHead(404).end() : response.end(JSON.stringify(answer));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signatures-'));
  testDatabase = await createTestDatabase();
  const trustedRoot = join(folder, 'trusted_root.json');
  sigstore = await startSigstore(trustedRoot);
  guard = new OutboundGuard({ allow: ['127.0.0.1'], trustedRoot });
  registry.listen(0, '127.0.0.1');
  await new Promise((resolve) => registry.once('listening', resolve));
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterEach(() => {
  answers.clear();
  requests = [];
  isFailing = false;
});
afterAll(async () => {
  registry.close();
  registry.closeAllConnections();
  await sigstore.close();
  await testDatabase.drop();
  await rm(folder, { recursive: true });
});

const statement = (digest: Readonly<Record<string, string>>): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'pdf', digest }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
});

const sign = async (digest: Readonly<Record<string, string>>, subject = WORKFLOW): Promise<object> =>
  await sigstore.sign(statement(digest), {
    sub: subject,
    iss: ISSUER,
    repository: 'acme/pdf',
    ref: 'refs/tags/v1',
    runner_environment: 'github-hosted',
  });

function originOf(skill: Readonly<Record<string, unknown>>): SourceOrigin {
  const document = { namespace: 'com.example', name: 'pdf', description: 'PDF.', version: '1.0.0', ...skill };
  return { kind: 'file', location: { data: JSON.stringify({ data: { servers: [], skills: [document] } }) } };
}

/** Syncs a document with one skill and returns the result of its verification. */
async function verificationOf(skill: Readonly<Record<string, unknown>>): Promise<Verification | undefined> {
  const { definition } = await SourceUnderTest.of(testDatabase.database, originOf(skill));
  return await verificationAfterSync(new SourceUnderTest(testDatabase.database, definition, guard));
}

async function verificationAfterSync(source: SourceUnderTest): Promise<Verification | undefined> {
  await source.sync();
  await source.readPackages();
  const [entry] = await entriesOf(testDatabase.database, { kind: 'skill' });
  expect(entry!.document).not.toContain('dev.rollcall/verification');
  return entry!.reading?.verification ?? undefined;
}

/** Its files can't be read. Nothing of that concerns the signature. */
const git = { registryType: 'git', url: 'https://127.0.0.1:1/acme/pdf', commit: COMMIT };
const provenance = { signer_identity: WORKFLOW, cert_issuer: ISSUER };

test('a bundle in the document verifies the commit of a Git package', async () => {
  const meta = { 'dev.sigstore/bundle': await sign({ gitCommit: COMMIT }) };
  expect(await verificationOf({ packages: [git], provenance, _meta: meta })).toEqual({
    result: 'verified',
    identity: WORKFLOW,
    issuer: ISSUER,
  });
});

test('a bundle in an OCI registry verifies the digest of an image, with an anonymous token', async () => {
  const image = { registryType: 'oci', identifier: `${host}/acme/pdf:1.0.0`, digest: `sha256:${DIGEST}` };
  const media = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = await sign({ sha256: DIGEST });
  const blob = `sha256:${hash('sha256', JSON.stringify(bundle), 'hex')}`;
  answers.set(`/v2/acme/pdf/referrers/sha256:${DIGEST}`, { manifests: [{ artifactType: media, digest: 'sha256:1' }] });
  answers.set('/v2/acme/pdf/manifests/sha256:1', { layers: [{ mediaType: media, digest: blob }] });
  answers.set(`/v2/acme/pdf/blobs/${blob}`, bundle);
  const expected = { ...provenance, signer_identity: '/.github/workflows/release.yml', repository_uri: REPOSITORY };
  const skill = { packages: [image], provenance: expected };
  const { definition } = await SourceUnderTest.of(testDatabase.database, originOf(skill));
  const source = new SourceUnderTest(testDatabase.database, definition, guard);
  expect(await verificationAfterSync(source)).toMatchObject({ result: 'verified' });

  // What has been verified is not asked for again because of another title,
  requests = [];
  await source.redefine({ origin: originOf({ ...skill, title: 'New' }) });
  expect(await verificationAfterSync(source)).toMatchObject({ result: 'verified' });
  expect(requests).toEqual([]);

  // but when its time has come, and by a forced sync. A registry that fails proves nothing.
  isFailing = true;
  await passTime();
  expect(await verificationAfterSync(source)).toMatchObject({ result: 'verified' });
  expect(requests).not.toEqual([]);
  isFailing = false;
  answers.clear();
  await passTime();
  expect(await verificationAfterSync(source)).toMatchObject({ result: 'unverified' });
  answers.set(`/v2/acme/pdf/referrers/sha256:${DIGEST}`, { manifests: [{ artifactType: media, digest: 'sha256:1' }] });
  answers.set('/v2/acme/pdf/manifests/sha256:1', { layers: [{ mediaType: media, digest: blob }] });
  answers.set(`/v2/acme/pdf/blobs/${blob}`, bundle);
  expect(await verificationAfterSync(source)).toMatchObject({ result: 'unverified' });
  await source.sync({ force: true });
  await source.readPackages();
  expect((await entriesOf(testDatabase.database, { kind: 'skill' }))[0]?.reading?.verification).toMatchObject({
    result: 'verified',
  });
});

/** Makes a day pass since everything was read. */
async function passTime(): Promise<void> {
  await testDatabase.database.query(sql.type(z.object({}))`
    update package_reading set due_at = due_at - interval '25 hours' where due_at < 'infinity'`);
}

test.each([
  [
    'another signer',
    { signer_identity: 'https://github.com/evil/pdf/.github/workflows/x.yml@refs/heads/main' },
    /it was signed by .*acme.*, not by .*evil/,
  ],
  ['the workflow of any repository', { signer_identity: '/.github/workflows/release.yml' }, /it was signed by/],
  ['another issuer', { ...provenance, cert_issuer: 'https://accounts.example.com' }, /the certificate has the issuer/],
  [
    'another repository',
    { ...provenance, repository_uri: 'https://github.com/acme/other' },
    /has the repository https:\/\/github.com\/acme\/pdf, not/,
  ],
  ['another reference', { ...provenance, repository_ref: 'refs/heads/main' }, /has the reference refs\/tags\/v1/],
  ['another runner', { ...provenance, runner_environment: 'self-hosted' }, /has the runner environment github-hosted/],
  [
    'another attestation',
    { ...provenance, attestation: { predicate_type: 'https://example.com/sbom' } },
    /attestation is of the type/,
  ],
])('a signature of %s than expected fails', async (_what, expected, reason) => {
  const meta = { 'dev.sigstore/bundle': await sign({ gitCommit: COMMIT }) };
  expect(await verificationOf({ packages: [git], provenance: expected, _meta: meta })).toMatchObject({
    result: 'failed',
    reason: expect.stringMatching(reason) as string,
  });
});

test('a signature of something else, a changed one, and one of another Sigstore fail', async () => {
  const other = { 'dev.sigstore/bundle': await sign({ gitCommit: 'e'.repeat(40) }) };
  expect(await verificationOf({ packages: [git], provenance, _meta: other })).toEqual({
    result: 'failed',
    reason: 'what was signed is not its package',
  });

  const bundle = (await sign({ gitCommit: 'e'.repeat(40) })) as { dsseEnvelope: { payload: string } };
  bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement({ gitCommit: COMMIT }))).toString('base64');
  expect(await verificationOf({ packages: [git], provenance, _meta: { 'dev.sigstore/bundle': bundle } })).toMatchObject(
    {
      result: 'failed',
      reason: expect.stringMatching(/^its signature is not valid/) as string,
    },
  );

  const foreign = await startSigstore(join(folder, 'foreign.json'));
  const forged = await foreign.sign(statement({ gitCommit: COMMIT }), { sub: WORKFLOW, iss: ISSUER });
  await foreign.close();
  expect(await verificationOf({ packages: [git], provenance, _meta: { 'dev.sigstore/bundle': forged } })).toMatchObject(
    {
      result: 'failed',
    },
  );
});

test('an entry without a signature is unverified, with the reason', async () => {
  const image = { registryType: 'oci', identifier: `${host}/acme/bare:1.0.0`, digest: `sha256:${DIGEST}` };
  const reasonOf = async (packages: readonly object[]): Promise<unknown> => {
    const { result, reason } = (await verificationOf({ packages, provenance })) ?? {};
    expect(result).toBe('unverified');
    return reason;
  };
  expect(await reasonOf([image])).toBe('no Sigstore bundle is attached to its package');
  expect(await reasonOf([{ registryType: 'oci', identifier: `${host}/acme/bare:1.0.0` }])).toMatch(
    /pinned to a digest/,
  );
  const internal = { ...image, identifier: '10.0.0.1/acme/bare:1.0.0' };
  expect(await reasonOf([internal])).toMatch(/not public/);
  const absent = { ...image, identifier: '127.0.0.1:1/acme/bare:1.0.0' };
  expect(await reasonOf([absent])).toMatch(/could not be read/);
});

test('an entry that names no signer has no result, and none that its document claims', async () => {
  const meta = { 'dev.rollcall/verification': { result: 'verified' } };
  expect(await verificationOf({ packages: [git], _meta: meta })).toBeUndefined();
  expect(await verificationOf({ packages: [git], provenance, _meta: meta })).toMatchObject({ result: 'unverified' });
});
