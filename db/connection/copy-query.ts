import pg from 'pg';

// Messages of the wire protocol: a letter, then the length of the rest including its own four bytes.
const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
const LENGTH_BYTES = 4;

/** Runs a `COPY … FROM STDIN` with rows in memory. */
export async function copyFrom(client: pg.PoolClient, statement: string, rows: readonly Uint8Array[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.query(new CopyQuery(statement, rows, (error) => (error ? reject(error) : resolve())));
  });
}

/**
 * Sends the statement and its rows at once, because the next statement of the pipeline may follow immediately. After an
 * error, the database ignores the rows.
 */
class CopyQuery extends pg.Query {
  constructor(statement: string, rows: readonly Uint8Array[], done: (error: Error | undefined) => void) {
    super(statement, done);
    const sendStatement = this.submit;
    this.submit = (connection) => {
      const { stream } = connection;
      stream.cork();
      sendStatement.call(this, connection);
      for (const data of rows) {
        stream.write(headOfData(data.length));
        stream.write(data);
      }
      stream.write(COPY_DONE);
      stream.uncork();
    };
  }

  /** Nothing to do: the rows have already been sent. */
  handleCopyInResponse(): void {}
}

function headOfData(length: number): Buffer {
  const head = Buffer.from([COPY_DATA, 0, 0, 0, 0]);
  head.writeInt32BE(LENGTH_BYTES + length, 1);
  return head;
}
