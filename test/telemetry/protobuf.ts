/** Reads messages in the wire format of protobuf, without a schema. */
export interface Message {
  has(field: number): boolean;
  /** The first value of a field of strings or bytes; empty if it has none. */
  bytes(field: number): Buffer;
  /** All values of a field of messages. */
  messages(field: number): readonly Message[];
  /** The first value of a field of integers; 0 if it has none. */
  number(field: number): number;
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;

export function readMessage(buffer: Buffer): Message {
  const values = new Map<number, (Buffer | number)[]>();
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = buffer[position++] ?? 0;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Buffer => buffer.subarray(position, (position += length));
  while (position < buffer.length) {
    const tag = varint();
    const type = tag % 8;
    const value = type === VARINT ? varint() : bytes(type === LENGTH_DELIMITED ? varint() : type === FIXED_64 ? 8 : 4);
    values.set(Math.floor(tag / 8), [...(values.get(Math.floor(tag / 8)) ?? []), value]);
  }
  const of = (field: number): readonly (Buffer | number)[] => values.get(field) ?? [];
  return {
    has: (field) => values.has(field),
    bytes: (field) => of(field).find((value) => typeof value !== 'number') ?? Buffer.alloc(0),
    messages: (field) => of(field).flatMap((value) => (typeof value === 'number' ? [] : [readMessage(value)])),
    number: (field) => of(field).find((value) => typeof value === 'number') ?? 0,
  };
}
