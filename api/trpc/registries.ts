import { createRegistry, deleteRegistry, updateRegistry } from '../admin/registry-changes.ts';
import { getRegistry, listRegistries } from '../admin/registries.ts';
import { mutationProcedure, queryProcedure, router } from './procedure.ts';

export const registriesRouter = router({
  list: queryProcedure(listRegistries),
  get: queryProcedure(getRegistry),
  create: mutationProcedure(createRegistry),
  update: mutationProcedure(updateRegistry),
  delete: mutationProcedure(deleteRegistry),
});
