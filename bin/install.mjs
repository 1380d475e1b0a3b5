// Installs the dependencies where they are missing or older than package-lock.json says.
// Plain JavaScript that old versions of Node understand, since it runs before ours is there.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing dependencies with `npm ci` (about half a minute)');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

/** Milliseconds since the epoch; 0 for a file that does not exist. */
function modifiedAt(path) {
  try {
    return statSync(new URL(path, root)).mtimeMs;
  } catch {
    return 0;
  }
}
