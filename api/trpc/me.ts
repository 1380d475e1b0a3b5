import { describeCaller } from '../admin/system.ts';
import { queryProcedure } from './procedure.ts';

/** Who the caller is for this server, and what he may do. */
export const meProcedure = queryProcedure(describeCaller);
