/** All workflows of a worker; the entry point of the workflow bundle. */
export { housekeeping } from './housekeeping.ts';
export { packages } from './packages.ts';
export { registry } from './registry/registry.ts';
export { source } from './source/source.ts';
export { sync } from './source/sync.ts';
export { trial } from './trial.ts';
