/** The package has no types of its own. */
declare module 'pgpass' {
  /** Looks in `$PGPASSFILE` or `~/.pgpass`; undefined if nothing matches or others may read the file. */
  export default function pgpass(
    connection: { host: string; port: number; database: string; user: string },
    callback: (password: string | undefined) => void,
  ): void;
}
