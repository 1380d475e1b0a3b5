/** Search parameters in the URLs of pages. */

/** Reads a parameter. Returns undefined if the value is missing or invalid. */
type Read<Value> = (written: unknown) => Value | undefined;

type Search<Readers> = {
  readonly [Name in keyof Readers]?: Readers[Name] extends Read<infer Value> ? Value | undefined : never;
};

/** Makes the function that reads the parameters of a page. Unknown ones and invalid values are left out. */
export function searchOf<Readers extends Readonly<Record<string, Read<unknown>>>>(
  readers: Readers,
): (written: Record<string, unknown>) => Search<Readers> {
  return (written) => {
    const found = Object.entries(readers).map(([name, read]) => [name, read(written[name])] as const);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as Search<Readers>;
  };
}

/** A text that isn't empty. One that looks like a number arrives as a number. */
export function text(written: unknown): string | undefined {
  return (typeof written === 'string' || typeof written === 'number') && written !== '' ? String(written) : undefined;
}

export function oneOf<Value extends string>(values: readonly Value[]): Read<Value> {
  return (written) => values.find((value) => value === text(written));
}
