import { listReadableRegistries } from '../admin/catalog.ts';
import { queryProcedure, router } from './procedure.ts';

/** What the console shows of registries. Needs no token for public ones. */
export const catalogRouter = router({ registries: queryProcedure(listReadableRegistries) });
