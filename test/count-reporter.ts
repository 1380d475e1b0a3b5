/**
 * Writes the numbers of passed, failed, and skipped tests to the file that `ROLLCALL_TEST_COUNTS` names, and lists the tests that
 * passed only when they were repeated: each of them has a fault in its timing.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      if (test.diagnostic()?.flaky === true) {
        process.stdout.write(`Passed only when repeated: ${test.module.relativeModuleId} > ${test.fullName}\n`);
      }
    }
    const path = process.env['ROLLCALL_TEST_COUNTS'];
    if (path !== undefined) writeFileSync(path, `${countsText(modules, unhandledErrors.length)}\n`);
  }
}

function countsText(modules: readonly TestModule[], unhandledErrors: number): string {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const count = (state: string): number => states.filter((each) => each === state).length;
  // A file that could not be loaded, or a failed hook, has no failed test of its own.
  const files = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const failedOtherwise = files.filter((each) => each.errors().length > 0).length + unhandledErrors;
  const skipped = count('skipped') + count('pending');
  const text = `${count('passed')} passed, ${count('failed') + failedOtherwise} failed`;
  return skipped === 0 ? text : `${text}, ${skipped} skipped`;
}
