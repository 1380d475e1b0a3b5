/** Activities that Rollcall 0.1 scheduled carry a whole definition. Only its name is used: Postgres has the definition. */
export function named<Input extends { readonly sourceName: string }>(input: Input): Input {
  const { definition } = input as { readonly definition?: { readonly name: string } };
  return definition === undefined ? input : { ...input, sourceName: definition.name };
}
