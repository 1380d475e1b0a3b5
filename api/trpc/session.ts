import { describeSession } from '../admin/system.ts';
import { queryProcedure } from './procedure.ts';

/** Who uses the console, and what they can do. Needs no token. */
export const sessionProcedure = queryProcedure(describeSession);
