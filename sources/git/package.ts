/** Reads the files of `git` packages, which the documents of skills and plugins name. */
import { RollcallError } from '../../registry/failure.ts';
import { repositoryPath } from '../../registry/patterns/repository-path.ts';
import { filesOfFolders } from '../../registry/scan/layout.ts';
import type { GitPackage } from '../../registry/skills/packages.ts';
import { displayUrl } from '../../outbound/redaction.ts';
import { fetchToDisk } from '../disk-allowance.ts';
import type { PackageAccess, PackageReader } from '../package-reader.ts';
import { inWorkFolder } from '../work-folder.ts';
import { type GitClient, openGit } from './client.ts';
import { fetchCommit, listReferences } from './commit.ts';
import { checkOutFiles, listFiles, readFiles } from './commit-files.ts';
import { type GitOrigin, REFERENCE } from './definition.ts';
import { remoteRepository } from './repository-url.ts';

/** Asking for a reference writes nothing. */
const ASKING_BYTES = 1024 * 1024;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export const gitPackages: PackageReader<GitPackage> = {
  async resolve(named, access) {
    const { url, folder } = placeOf(named);
    const { commit, ref } = named;
    if (commit !== undefined && !COMMIT.test(commit)) throw invalid(`${commit} isn't the full ID of a commit`);
    if (ref !== undefined && !REFERENCE.test(ref)) throw invalid(`${ref} isn't the name of a branch or tag`);
    const pin =
      commit ?? (await inPackage(named, { ...access, maxBytes: ASKING_BYTES }, async (git) => commitOf(git, named)));
    return { pin, name: `${url}@${pin}${folder === '' ? '' : `#${folder}`}` };
  },

  async read(named, { pin: commit }, access) {
    const { folder } = placeOf(named);
    return await fetchToDisk(access.signal, async (maxBytes, signal) =>
      inPackage(named, { ...access, signal, maxBytes }, async (git, workFolder) => {
        await fetchCommit(git, { ...originOf(named), commit });
        const [found] = filesOfFolders(await listFiles(git, { commit, folder }), [folder]);
        if (found === undefined || found.files.length === 0) {
          const where = folder === '' ? '' : ` in the folder ${folder}`;
          throw new RollcallError('UpstreamNotFound', `${displayUrl(named.url)} has no files${where} at ${commit}`);
        }
        if (found.fault === null) await checkOutFiles(git, workFolder, found.files);
        return await readFiles(workFolder, found);
      }),
    );
  },
};

/** The commit of the branch or tag, or of the default branch. */
async function commitOf(git: GitClient, { url, ref }: GitPackage): Promise<string> {
  const names = ref === undefined ? ['HEAD'] : [`refs/tags/${ref}^{}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const ids = await listReferences(git, names);
  const commit = names.map((name) => ids.get(name)).find((id) => id !== undefined);
  if (commit !== undefined) return commit;
  const what = ref === undefined ? 'is empty' : `has no branch or tag ${ref}`;
  throw new RollcallError('UpstreamNotFound', `${displayUrl(url)} ${what}`);
}

function placeOf({ url, subfolder = '' }: GitPackage): { readonly url: string; readonly folder: string } {
  const remote = remoteRepository(url);
  if (remote?.transport !== 'http') throw invalid("its repository doesn't have an https:// URL with a plain host name");
  if (remote.url.username !== '' || remote.url.password !== '')
    throw invalid('the URL of its repository has credentials');
  const written = subfolder.replace(/\/$/, '');
  const folder = written === '' || written === '.' ? '' : repositoryPath(written);
  if (folder === null) throw invalid(`${subfolder} isn't a folder in a repository`);
  return { url: remote.url.href, folder };
}

function originOf({ url }: GitPackage): GitOrigin {
  return { kind: 'git', repository: url };
}

/** @param access with the limit for the size of the work folder */
async function inPackage<Result>(
  named: GitPackage,
  access: PackageAccess & { readonly maxBytes: number },
  work: (git: GitClient, workFolder: string) => Promise<Result>,
): Promise<Result> {
  try {
    return await inWorkFolder(async (folder) => {
      const git = await openGit(originOf(named), { folder, ...access });
      return await work(git, folder);
    });
  } catch (error) {
    if (!(error instanceof RollcallError) || error.type !== 'UpstreamDenied') throw error;
    const message = `${displayUrl(named.url)} requires credentials, and packages are read without`;
    throw new RollcallError('UpstreamDenied', message, { cause: error });
  }
}

function invalid(what: string): RollcallError {
  return new RollcallError('UpstreamInvalid', what);
}
