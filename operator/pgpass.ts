/** PostgreSQL password files. */

export interface PasswordEntry {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Lines of `host:port:database:user:password`, in which `:` and `\` are escaped. */
export function passwordFile(entries: readonly PasswordEntry[]): string {
  return entries
    .map(({ host, port, database, user, password }) =>
      [host, String(port), database, user, password].map((part) => part.replace(/[\\:]/g, String.raw`\$&`)).join(':'),
    )
    .map((line) => `${line}\n`)
    .join('');
}
