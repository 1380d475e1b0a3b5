// Builds the console if its sources, or the packages that it is made of, changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

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
  compressAssets();
  writeFileSync(stamp, sources);
  console.log(`Built the console in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Each next to the original: compressing them again for each visitor takes longer than everything else in a visit. */
function compressAssets() {
  const assets = new URL('assets/', built);
  for (const name of readdirSync(assets)) {
    const path = new URL(name, assets);
    writeFileSync(`${fileURLToPath(path)}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

function digestOfSources() {
  const digest = createHash('sha256');
  const files = ['console', 'registry'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const ofConsole = files.filter((path) => !path.startsWith(fileURLToPath(built).replace(/.$/, '')));
  const others = ['package-lock.json', 'bin/build-console.mjs'].map((name) => fileURLToPath(new URL(name, root)));
  for (const path of [...ofConsole.toSorted(), ...others]) {
    digest.update(`${path}\n`).update(readFileSync(path));
  }
  return digest.digest('hex');
}
