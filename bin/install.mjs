// Installs the dependencies if they are missing or older than package-lock.json.
// Plain JavaScript for old versions of Node, because it runs before Node 24 is installed.
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
