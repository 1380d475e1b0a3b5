// Builds the published package into dist/: compiled JavaScript with source maps and declarations, the migrations, the
// console, and the workflow bundle. A checkout doesn't need it: Node runs its TypeScript directly.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('../', import.meta.url)));

step('Compiling TypeScript');
rmSync('dist', { recursive: true, force: true });
execFileSync('npx', ['tsc', '--project', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of globSync('dist/**/*.js')) pointAtCompiledFiles(file);

step('Copying migrations');
cpSync('migrations', 'dist/migrations', { recursive: true });
cpSync('embedded/temporal-cli', 'dist/embedded/temporal-cli', { recursive: true });
cpSync('package.json', 'dist/package.json'); // the version, and "type": "module"

await import('./build-console.mjs');
cpSync('console/dist', 'dist/console/dist', { recursive: true });

step('Bundling workflows');
writeFileSync('dist/worker/workflow-bundle.js', (await workflowBundle()).code);

/** The compiler rewrites imports, but not the names of files that are started as processes or threads. */
function pointAtCompiledFiles(file) {
  const code = readFileSync(file, 'utf8');
  const rewritten = code.replace(/(new URL\('[^']+)\.ts(', import\.meta\.url\))/g, '$1.js$2');
  if (rewritten !== code) writeFileSync(file, rewritten);
}

/** The message of worker/bundle-process.ts. */
async function workflowBundle() {
  const child = fork('dist/worker/bundle-process.js', { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [bundle] = await once(child, 'message');
  if ('failure' in bundle) throw new Error(bundle.failure);
  return bundle;
}

function step(text) {
  console.log(`${text} …`);
}
