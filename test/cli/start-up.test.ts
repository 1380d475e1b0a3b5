import { expect, test } from 'vitest';
import { startRollcall } from './rollcall-process.ts';

/** Prints the names of the packages that were loaded when the process exits. */
const LISTS_PACKAGES = `
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load: (url, context, next) => {
      const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)(?!.*node_modules)/.exec(url) ?? [];
      if (name !== undefined) packages.add(name);
      return next(url, context);
    },
  });
  process.once('exit', () => console.log('packages: ' + [...packages].sort().join(' ')));`;

test('a command that asks a server loads no library of the others, which would double its time', async () => {
  const options = `--import=data:text/javascript,${encodeURIComponent(LISTS_PACKAGES)}`;
  const { stdout, stderr } = await startRollcall({ NODE_OPTIONS: options }, 'status', '--server', 'http://127.0.0.1:1')
    .ended;
  expect(stderr).toContain("Can't reach a Rollcall server");
  expect(stdout).toBe('packages: @trpc/client @trpc/server commander\n');
});
