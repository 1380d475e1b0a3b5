/** The release workflow, checked by actionlint. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ACTIONLINT, findGoProgram } from '../go-program.ts';

const WORKFLOW = fileURLToPath(new URL('../../.github/workflows/release.yaml', import.meta.url));

test('the release workflow has no fault', { timeout: ACTIONLINT.buildTimeoutMs + 30_000 }, async (context) => {
  const program = await findGoProgram(ACTIONLINT);
  if (typeof program !== 'string') {
    context.skip(program.missing);
    return;
  }
  const { stdout } = await promisify(execFile)(program, ['-no-color', WORKFLOW]);
  expect(stdout).toBe('');
});
