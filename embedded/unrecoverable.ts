/** A failure that another attempt can't repair: a person has to do what the message says. */
export class Unrecoverable extends Error {
  override readonly name = 'Unrecoverable';
}
