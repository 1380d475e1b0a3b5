import { listAuditEvents } from '../admin/audit-events.ts';
import { queryProcedure, router } from './procedure.ts';

export const auditRouter = router({ list: queryProcedure(listAuditEvents) });
