// Creates the git repository that the example configuration uses as a source, from the files in platform-catalog/. An existing
// one is kept: commit to it to see the change served.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const files = fileURLToPath(new URL('platform-catalog', import.meta.url));
const repository = fileURLToPath(new URL('../../.rollcall/platform-catalog', import.meta.url));

if (!existsSync(repository)) create();

function create() {
  const unfinished = `${repository}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  cpSync(files, unfinished, { recursive: true });
  git(unfinished, 'init', '--quiet', '--initial-branch=main');
  git(unfinished, 'add', '.');
  git(
    unfinished,
    '-c',
    'user.name=Rollcall',
    '-c',
    'user.email=rollcall@example.com',
    'commit',
    '--quiet',
    '--message',
    'Platform servers',
  );
  renameSync(unfinished, repository);
}

function git(folder, ...parameters) {
  execFileSync('git', parameters, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
}
