/** Builds kube-controller-manager and kwok into the cache, for the tests that need them: run it once, by hand. */
import { buildControllers } from './api-server-build.ts';
import { cacheOfPrograms } from './controllers.ts';

await buildControllers(cacheOfPrograms());
