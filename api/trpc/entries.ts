import { deleteEntry, publishEntry, replaceEntry, setEntryClaims, setEntryStatus } from '../admin/entry-changes.ts';
import { getEntryClaims, listRegistryEntries, listSourceEntries } from '../admin/entries.ts';
import { mutationProcedure, queryProcedure, router } from './procedure.ts';

export const entriesRouter = router({
  ofSource: queryProcedure(listSourceEntries),
  ofRegistry: queryProcedure(listRegistryEntries),
  publish: mutationProcedure(publishEntry),
  replace: mutationProcedure(replaceEntry),
  setStatus: mutationProcedure(setEntryStatus),
  delete: mutationProcedure(deleteEntry),
  claims: queryProcedure(getEntryClaims),
  setClaims: mutationProcedure(setEntryClaims),
});
