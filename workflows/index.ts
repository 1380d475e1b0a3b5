/** All workflows of a worker; the entry point of the workflow bundle. */
export { housekeeping } from './housekeeping.ts';
export { packages } from './packages.ts';
export { registry } from './registry.ts';
export { source } from './source.ts';
export { sync } from './sync.ts';
export { trial } from './trial.ts';
