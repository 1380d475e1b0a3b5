/** Reads sources of the kind `git`: one registry document, or many, in a repository. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RollcallError } from '../../registry/failure.ts';
import { GlobError } from '../../registry/patterns/glob.ts';
import { compilePathGlob, fixedFolder, isPathGlob } from '../../registry/patterns/path-glob.ts';
import { repositoryPath } from '../../registry/patterns/repository-path.ts';
import type { TreeEntry } from '../../registry/scan/layout.ts';
import { type Check, type Fetch, type Fetched, type SourceReader, syntaxOfName } from '../source-kind.ts';
import { type GitClient, openGit } from './client.ts';
import { inWorkFolder } from '../work-folder.ts';
import { advertisedCommit, fetchCommit, missing, referenceLabel } from './commit.ts';
import { checkOutFiles, listTree } from './commit-files.ts';
import { DEFAULT_PATH, type GitOrigin } from './definition.ts';
import { storedPins } from './pins.ts';
import { stageScan } from './scan.ts';
import { fetchToDisk } from '../disk-allowance.ts';

/** A check writes only keys to its folder. */
const CHECK_BYTES = 1024 * 1024;

const state = z.object({ commit: z.string(), pins: storedPins.optional() });
type GitState = z.output<typeof state>;

export const reader: SourceReader<GitOrigin, GitState> = { state, check: checkGit, fetch: fetchGit };

async function fetchGit(fetch: Fetch<GitOrigin, GitState>): Promise<Fetched<GitState>> {
  return await fetchToDisk(fetch.signal, (maxBytes, signal) => fetchWithin(maxBytes, { ...fetch, signal }));
}

async function fetchWithin(maxBytes: number, fetch: Fetch<GitOrigin, GitState>): Promise<Fetched<GitState>> {
  const { origin, previous, stager, progress, guard, signal } = fetch;
  return await inWorkFolder(async (folder) => {
    const git = await openGit(origin, { folder, guard, signal, maxBytes });
    progress.report({ step: 'asking for the commit' });
    const advertised = await advertisedCommit(git, origin);
    if (previous?.commit === advertised) {
      return { snapshot: 'unchanged', coverage: 'complete', state: previous, upstreamRevision: advertised };
    }
    progress.report({ step: 'fetching the commit' });
    const commit = await fetchCommit(git, origin);
    if (origin.scan !== undefined) {
      progress.report({ step: 'looking for skills and plugins' });
      const pins = await stageScan(git, { origin, folder, commit, previous: previous?.pins ?? {}, stager });
      const reached = { upstreamRevision: commit, commitId: commit };
      return { snapshot: 'staged', coverage: 'complete', state: { commit, pins }, ...reached };
    }
    const documents = await findDocuments(git, { origin, commit });
    progress.report({ step: `reading ${documents.length} files` });
    await checkOutFiles(git, folder, documents);
    const envelopes: string[] = [];
    for (const { path } of documents) {
      const { envelope } = await stager.stageDocument({
        name: path,
        bytes: createReadStream(join(folder, path), { signal }),
        syntax: syntaxOfName(path),
        oneOfSeveral: documents.length > 1,
      });
      envelopes.push(envelope);
    }
    return {
      snapshot: 'staged',
      coverage: 'complete',
      state: { commit },
      upstreamRevision: commit,
      commitId: commit,
      ...(envelopes.length === 1 && { envelope: envelopes[0]! }),
    };
  });
}

/** A pinned commit never changes; for a branch or tag the remote knows the current commit. */
async function checkGit({ origin, previous, guard, signal }: Check<GitOrigin, GitState>): Promise<'nothing' | 'maybe'> {
  if (origin.commit !== undefined) return 'nothing';
  return await inWorkFolder(async (folder) => {
    const git = await openGit(origin, { folder, guard, signal, maxBytes: CHECK_BYTES });
    return (await advertisedCommit(git, origin)) === previous.commit ? 'nothing' : 'maybe';
  });
}

/** The files of the commit that `path` matches, in the order of their paths. */
async function findDocuments(
  git: GitClient,
  { origin, commit }: { origin: GitOrigin; commit: string },
): Promise<readonly TreeEntry[]> {
  // A definition from an earlier version may have a path that isn't in its normal form.
  const written = origin.path ?? DEFAULT_PATH;
  const wanted = repositoryPath(written);
  if (wanted === null)
    throw new RollcallError('DefinitionInvalid', `${written} can't be the path of a file in a repository`);
  const isGlob = isPathGlob(wanted);
  const folder = isGlob ? fixedFolder(wanted) : wanted;
  const matches = isGlob ? compilePattern(wanted) : (path: string): boolean => path === wanted;
  const found = await listTree(
    git,
    ['-r', commit, ...(folder === '' ? [] : ['--', folder])],
    ({ mode, path }) => mode.startsWith('100') && matches(path),
  );
  if (found.length === 0) {
    const what = isGlob ? `no file matches ${wanted}` : await whyNoFile(git, { path: wanted, commit });
    throw missing(origin, `${what} ${placeLabel(origin)} (${commit.slice(0, 12)})`);
  }
  return found.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** `on branch main`, `at tag v1`. */
function placeLabel(origin: GitOrigin): string {
  const { commit, tag, branch } = origin;
  if (commit !== undefined || tag !== undefined) return `at ${referenceLabel(origin)}`;
  return branch === undefined ? 'on the default branch' : `on ${referenceLabel(origin)}`;
}

/** Explains why there is no file at a path, for example because a part of the path is a link. */
async function whyNoFile(
  git: GitClient,
  { path, commit }: { readonly path: string; readonly commit: string },
): Promise<string> {
  const names = path.split('/');
  const steps = names.map((_, index) => names.slice(0, index + 1).join('/'));
  // Git also lists the other entries of a folder if one of them is asked for next to the folder.
  const found = await listTree(git, [commit, '--', ...steps], ({ path: step }) => steps.includes(step));
  for (const { mode, path: step } of found) {
    if (mode.startsWith('120')) {
      return `${step} is a symbolic link, which isn't followed: set \`path\` to the file that it points to; there is no file ${path}`;
    }
    if (mode.startsWith('160')) {
      return `${step} is a submodule, which isn't fetched: add a source for its repository; there is no file ${path}`;
    }
    if (mode.startsWith('040') && step === path) {
      return `${path} is a folder: set \`path\` to a file in it, or to a pattern such as ${path}/*.json`;
    }
  }
  return `there is no file ${path}`;
}

/** The configuration refuses patterns that can't be compiled, but a definition from an earlier version may have one. */
function compilePattern(pattern: string): (path: string) => boolean {
  try {
    return compilePathGlob(pattern);
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    throw new RollcallError('DefinitionInvalid', `the path ${pattern} of the source: ${error.message}`);
  }
}
