import { systemInformation } from '../admin/system.ts';
import { queryProcedure, router } from './procedure.ts';

export const systemRouter = router({ info: queryProcedure(systemInformation) });
