import { createSource, deleteSource, updateSource } from '../admin/source-changes.ts';
import { pauseSource, resumeSource, syncSource } from '../admin/source-messages.ts';
import { getRun, getSource, listRuns, listSources } from '../admin/sources.ts';
import { mutationProcedure, queryProcedure, router } from './procedure.ts';

export const sourcesRouter = router({
  list: queryProcedure(listSources),
  get: queryProcedure(getSource),
  create: mutationProcedure(createSource),
  update: mutationProcedure(updateSource),
  delete: mutationProcedure(deleteSource),
  sync: mutationProcedure(syncSource),
  pause: mutationProcedure(pauseSource),
  resume: mutationProcedure(resumeSource),
  runs: queryProcedure(listRuns),
  run: queryProcedure(getRun),
});
