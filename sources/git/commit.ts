/** Asks for the commit of a repository to read, and fetches it. */
import { RollcallError } from '../../registry/failure.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import type { GitClient } from './client.ts';
import type { GitOrigin } from './definition.ts';

/** The reference on the remote to read. */
function referenceOf({ tag, branch }: GitOrigin): string {
  if (tag !== undefined) return `refs/tags/${tag}`;
  return branch === undefined ? 'HEAD' : `refs/heads/${branch}`;
}

/** The commit to read, as far as the remote reveals it without a fetch. */
export async function advertisedCommit(git: GitClient, origin: GitOrigin): Promise<string> {
  if (origin.commit !== undefined) {
    if (/^[0-9a-f]{4,64}$/i.test(origin.commit)) return origin.commit;
    throw new RollcallError('DefinitionInvalid', `${origin.commit} is not the id of a commit`);
  }
  const reference = referenceOf(origin);
  const ids = await listReferences(git, [reference, `${reference}^{}`]);
  // An annotated tag is its own object. The remote lists it a second time with the commit that it points to.
  const commit = ids.get(`${reference}^{}`) ?? ids.get(reference);
  if (commit === undefined) throw missing(origin, `there is no ${referenceLabel(origin)}`);
  return commit;
}

/** The IDs of references of the remote, by name. Those that it doesn't have are missing. */
export async function listReferences(
  git: GitClient,
  names: readonly string[],
): Promise<ReadonlyMap<string | undefined, string | undefined>> {
  const listing = await git.run('ls-remote', '--', git.repository, ...names);
  return new Map(listing.split('\n').map((line) => [line.split('\t')[1], line.split('\t')[0]] as const));
}

/**
 * Fetches one commit without its history and, if the server supports it, without files. A server that can't send a single commit
 * (an old one, or plain files behind HTTP) has to send everything.
 */
export async function fetchCommit(git: GitClient, origin: GitOrigin): Promise<string> {
  await git.run('init', '--quiet');
  await git.run('remote', 'add', 'origin', '--', git.repository);
  const wanted = origin.commit ?? referenceOf(origin);
  try {
    await git.run('fetch', '--quiet', '--no-tags', '--depth=1', '--filter=blob:none', 'origin', wanted);
    return (await git.run('rev-parse', '--verify', 'FETCH_HEAD^{commit}')).trim();
  } catch (error) {
    if (!(error instanceof RollcallError) || error.type !== 'UpstreamUnavailable') throw error;
  }
  // The attempt marked the remote as one that sends files on demand, and git would keep asking it for them.
  await git.run('remote', 'remove', 'origin');
  await git.run('remote', 'add', 'origin', '--', git.repository);
  await git.run('fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/heads/*', '+HEAD:refs/rollcall/HEAD');
  const local = origin.commit ?? (wanted === 'HEAD' ? 'refs/rollcall/HEAD' : wanted);
  try {
    return (await git.run('rev-parse', '--verify', `${local}^{commit}`)).trim();
  } catch {
    throw missing(origin, `there is no ${referenceLabel(origin)}`);
  }
}

/** Describes the reference that the origin reads. */
export function referenceLabel({ commit, tag, branch }: GitOrigin): string {
  if (commit !== undefined) return `commit ${commit}`;
  if (tag !== undefined) return `tag ${tag}`;
  return branch === undefined ? 'default branch' : `branch ${branch}`;
}

/** The failure if the repository doesn't have something. */
export function missing({ repository }: GitOrigin, what: string): RollcallError {
  return new RollcallError('UpstreamNotFound', `${what} in the repository ${displayUrl(repository)}`);
}
