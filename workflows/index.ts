/** Every workflow that a worker of ours runs: what the bundle starts from. */
export { housekeeping } from './housekeeping.ts';
export { source } from './source.ts';
export { sync } from './sync.ts';
