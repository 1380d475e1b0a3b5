// Makes `npx rollcall` work in a checkout: npm links the programs of dependencies, but not the package's own.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../node_modules/.bin/', import.meta.url);

chmodSync(new URL('rollcall.mjs', import.meta.url), 0o755);
mkdirSync(folder, { recursive: true });
for (const name of ['rollcall', 'thv-registry-api']) {
  const link = fileURLToPath(new URL(name, folder));
  rmSync(link, { force: true });
  symlinkSync('../../bin/rollcall.mjs', link);
}
