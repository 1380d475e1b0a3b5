#!/usr/bin/env node
// Starts the command line, with the package's own Node if the current one is too old.
// Plain JavaScript for old versions of Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first version that can add certificate authorities at run time. */
const OLDEST_NODE = '24.5.0';
// A checkout runs its TypeScript; the published package contains only the compiled code.
const source = new URL('../cli/main.ts', import.meta.url);
const main = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);

// Keep compiled code for the next start. Child processes inherit the variable.
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
      `rollcall needs Node ${OLDEST_NODE} or later, but this is ${process.version}: install Node 24 (in a checkout, \`npm ci\` does)`,
    );
    process.exit(1);
  }
  // The channel closes when this process is killed, which stops the other one.
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.on('SIGINT', () => {}); // the terminal sends it to both processes
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (status) => process.exit(status ?? 1));
}
