/** A bare repository on disk, and its owner's changes. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'Author',
  GIT_COMMITTER_EMAIL: 'author@example.com',
};

export class GitRepository {
  /** The bare repository. */
  readonly path: string;
  /** The owner's clone. */
  readonly workTree: string;

  constructor(path: string, workTree: string) {
    this.path = path;
    this.workTree = workTree;
  }

  /** Creates `<root>/<name>` with the branch `main`, empty. */
  static async create(root: string, name: string): Promise<GitRepository> {
    const path = join(root, name);
    const workTree = await mkdtemp(join(root, 'work-'));
    await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', path], { env: ENVIRONMENT });
    const repository = new GitRepository(path, workTree);
    // Hosting services allow this.
    await repository.configure('uploadpack.allowFilter', 'true');
    await run('git', ['clone', '--quiet', path, workTree], { env: ENVIRONMENT });
    await repository.git('checkout', '--quiet', '-B', 'main');
    return repository;
  }

  async git(...command: string[]): Promise<string> {
    const { stdout } = await run('git', command, { cwd: this.workTree, env: ENVIRONMENT });
    return stdout.trim();
  }

  async configure(key: string, value: string): Promise<void> {
    await run('git', ['config', key, value], { cwd: this.path, env: ENVIRONMENT });
  }

  /** Writes files, commits, and pushes them to a branch; returns the commit's id. `null` removes a file. */
  async commit(files: Readonly<Record<string, string | Uint8Array | null>>, branch = 'main'): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.workTree, name);
      await mkdir(dirname(file), { recursive: true });
      if (content === null) await rm(file);
      else await writeFile(file, content);
    }
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '--message', 'Change');
    await this.push(`HEAD:refs/heads/${branch}`);
    return await this.git('rev-parse', 'HEAD');
  }

  /** Adds a commit with a SKILL.md and a file whose path leads out of the folder, which `git add` refuses. */
  async addUnsafePath(folder: string, skill: string): Promise<string> {
    await writeFile(join(this.workTree, '.git', 'skill'), skill);
    const blob = await this.git('hash-object', '-w', '.git/skill');
    const tree = async (...lines: string[]): Promise<string> => {
      const bytes = lines.map((line) => {
        const [mode, name, id] = line.split(' ');
        return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id!, 'hex')]);
      });
      await writeFile(join(this.workTree, '.git', 'tree'), Buffer.concat(bytes));
      return await this.git('hash-object', '-t', 'tree', '--literally', '-w', '.git/tree');
    };
    const up = await tree(`100644 evil ${blob}`);
    const inner = await tree(`40000 .. ${up}`, `100644 SKILL.md ${blob}`);
    const listing = await this.git('ls-tree', 'HEAD');
    const others = listing.split('\n').map((line) => {
      const [mode, , id, name] = line.split(/\s/);
      return { line: `${mode!.replace(/^0/, '')} ${name} ${id}`, key: mode === '040000' ? `${name}/` : name! };
    });
    const all = [...others, { line: `40000 ${folder} ${inner}`, key: `${folder}/` }];
    const root = await tree(...all.toSorted((one, other) => (one.key < other.key ? -1 : 1)).map(({ line }) => line));
    const commit = await this.git('commit-tree', root, '-p', 'HEAD', '-m', 'Unsafe');
    await this.push(`${commit}:refs/heads/main`);
    return commit;
  }

  async push(...refs: string[]): Promise<void> {
    await this.git('push', '--quiet', '--force', 'origin', ...refs);
    // For servers with plain files.
    await run('git', ['update-server-info'], { cwd: this.path, env: ENVIRONMENT });
  }
}
