/** A failure that retrying can't fix. The message explains what the operator must do. */
export class Unrecoverable extends Error {
  override readonly name = 'Unrecoverable';
}
