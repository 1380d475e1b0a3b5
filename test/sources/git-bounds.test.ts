/** Limits for git: disk space, memory, and processes after a cancellation. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type GitClient, openGit } from '../../sources/git/client.ts';
import { inWorkFolder } from '../../sources/work-folder.ts';
import type { GitOrigin } from '../../sources/git/definition.ts';
import { eventually } from '../eventually.ts';
import { type GitHttpOptions, type GitHttpServer, startGitHttp } from '../upstreams/git-http.ts';
import { GitRepository } from '../upstreams/git-repository.ts';

const MEBIBYTE = 1024 * 1024;

let root: string;
let repository: GitRepository;
let cleanUp: (() => Promise<unknown>)[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'git-bounds-'));
  repository = await GitRepository.create(root, 'servers.git');
  cleanUp = [async () => await rm(root, { recursive: true })];
  return async () => {
    for (const step of cleanUp) await step();
  };
});

async function serve(options: Omit<GitHttpOptions, 'root'> = {}): Promise<GitHttpServer> {
  const server = await startGitHttp({ root, ...options });
  cleanUp.unshift(() => server.close());
  return server;
}

interface Bounds {
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Runs something with git in its own folder, which must be gone afterwards. */
async function withGit<Result>(
  url: string,
  bounds: Bounds,
  work: (git: GitClient) => Promise<Result>,
): Promise<Result> {
  const origin: GitOrigin = { kind: 'git', repository: url, path: 'registry.json' };
  const { signal = new AbortController().signal, maxBytes = 1024 * MEBIBYTE } = bounds;
  let used = '';
  try {
    return await inWorkFolder(async (folder) => {
      used = folder;
      const git = await openGit(origin, { folder, guard: null, maxBytes, signal });
      await git.run('init', '--quiet');
      await git.run('remote', 'add', 'origin', '--', git.repository);
      return await work(git);
    });
  } finally {
    expect(existsSync(used)).toBe(false);
  }
}

async function fetchEverything(git: GitClient): Promise<void> {
  await git.run('fetch', '--quiet', 'origin', '+refs/heads/*:refs/remotes/origin/*');
}

/** Without the files, which come with the checkout. */
async function fetchCommit(git: GitClient): Promise<void> {
  await git.run('fetch', '--quiet', '--no-tags', '--depth=1', '--filter=blob:none', 'origin', 'HEAD');
}

async function checkOut(git: GitClient): Promise<void> {
  await git.run('checkout', '--quiet', '--detach', 'FETCH_HEAD');
}

describe('a repository that needs more disk space than allowed', () => {
  const refusal = {
    type: 'DefinitionInvalid',
    message: expect.stringMatching(
      /servers\.git could not be read: it needs more than 2 MiB of disk space: let `path` match/,
    ) as string,
  };

  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await repository.commit({ [name]: randomBytes(900_000) });
  });

  test.each<[string, () => Promise<string>]>([
    ['over HTTP', async () => (await serve()).url('servers.git')],
    ['in plain files behind HTTP', async () => (await serve({ dumb: true })).url('servers.git')],
    ['on this machine', async () => `file://${repository.path}`],
  ])('is not fetched %s', async (_, locate) => {
    const url = await locate();
    await expect(withGit(url, { maxBytes: 2 * MEBIBYTE }, fetchEverything)).rejects.toMatchObject(refusal);
    await withGit(url, { maxBytes: 4 * MEBIBYTE }, fetchEverything);
  });

  test('is not fetched with the checkout either', async () => {
    const url = (await serve()).url('servers.git');
    await withGit(url, { maxBytes: 2 * MEBIBYTE }, async (git) => {
      await fetchCommit(git);
      await expect(checkOut(git)).rejects.toMatchObject(refusal);
    });
  });

  test('is not checked out, even if there was little to fetch', async () => {
    await repository.commit({ a: null, b: null, c: null, zeros: '0'.repeat(3 * MEBIBYTE) });
    await withGit((await serve()).url('servers.git'), { maxBytes: 2 * MEBIBYTE }, async (git) => {
      await fetchCommit(git);
      await expect(checkOut(git)).rejects.toMatchObject(refusal);
    });
  });

  test('is noticed while git is running', async () => {
    const growing = '!head -c 3000000 /dev/urandom > large; sleep 600';
    await withGit(repository.path, { maxBytes: 2 * MEBIBYTE }, async (git) => {
      await expect(git.run('-c', `alias.grow=${growing}`, 'grow')).rejects.toMatchObject(refusal);
    });
  });
});

test('the output of git is limited', async () => {
  await withGit(repository.path, {}, async (git) => {
    await expect(git.run('-c', 'alias.talk=!yes', 'talk')).rejects.toMatchObject({
      type: 'DefinitionInvalid',
      message: expect.stringContaining('git printed more than 64 MiB') as string,
    });
  });
});

test('cancelling a checkout ends the download that it started', async () => {
  await repository.commit({ 'registry.json': '[]' });
  let silent = false;
  const server = await serve({ silent: () => silent });
  const cancelling = new AbortController();
  await withGit(server.url('servers.git'), { signal: cancelling.signal }, async (git) => {
    await fetchCommit(git);
    silent = true;
    const before = server.requests.length;
    const checkedOut = checkOut(git);
    await eventually(() => server.requests.length > before, 'the checkout asks for the file');
    cancelling.abort(new Error('cancelled'));
    await expect(checkedOut).rejects.toThrow('cancelled');
  });
  await eventually(async () => (await server.connections()) === 0, 'nobody waits for the file');
});
