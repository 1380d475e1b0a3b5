/** Picks environment variables for a child process: each child gets the few it needs, never this process's secrets. */

/** The variables with these names that are set in `environment`. Default: the environment of this process. */
export function pickVariables(
  names: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
