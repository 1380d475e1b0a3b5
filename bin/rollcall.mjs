#!/usr/bin/env node
// Runs the command line, with the Node of this package where the one that was started is too old.
// Plain JavaScript that old versions of Node understand.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Since then certificate authorities can be added to a process that runs. */
const OLDEST_NODE = '24.5.0';
const main = new URL('../cli/main.ts', import.meta.url);

// What is compiled is kept for the next start. The variable reaches the processes that this one starts.
process.env.NODE_COMPILE_CACHE ||= join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'rollcall',
  'compiled',
);

if (process.versions.node.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0) {
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(main.href);
} else {
  runWithOwnNode();
}

function runWithOwnNode() {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(node)) {
    console.error(
      `rollcall needs Node ${OLDEST_NODE}, and this is ${process.version}: run \`npm ci\` in its folder, which installs one`,
    );
    process.exit(1);
  }
  // The channel tells the other process when this one is killed.
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.on('SIGINT', () => {}); // a terminal sends it to both
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (status) => process.exit(status ?? 1));
}
