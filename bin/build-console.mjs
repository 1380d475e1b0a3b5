// Builds the console if its sources, or the packages that it is made of, changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const built = new URL('console/dist/', root);
/** Says which sources the build was made from. */
const stamp = new URL('sources.sha256', built);

const sources = digestOfSources();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
  console.log('Building the console (a few seconds)');
  const startedAt = Date.now();
  const { build } = await import('vite');
  await build({ configFile: fileURLToPath(new URL('console/vite.config.ts', root)), logLevel: 'warn' });
  writeFileSync(stamp, sources);
  console.log(`Built the console in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

function digestOfSources() {
  const digest = createHash('sha256');
  const files = ['console', 'registry'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const ofConsole = files.filter((path) => !path.startsWith(fileURLToPath(built).replace(/.$/, '')));
  for (const path of [...ofConsole.toSorted(), fileURLToPath(new URL('package-lock.json', root))]) {
    digest.update(`${path}\n`).update(readFileSync(path));
  }
  return digest.digest('hex');
}
