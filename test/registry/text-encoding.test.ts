/** Documents that aren't UTF-8, or aren't the document at all. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DocumentReader, type DocumentReaderOptions } from '../../registry/document/reader.ts';

const DOCUMENT = '[{"name":"com.example/a","version":"1.0.0","description":"Grüße"}]';
const YAML = 'servers:\n- name: com.example/a\n  version: "1.0.0"\n  description: Grüße\n';

function readIn(bytes: Uint8Array, piece: number, options: DocumentReaderOptions = {}) {
  const reader = new DocumentReader(options);
  const findings = [];
  const drafts = [];
  for (let at = 0; at < bytes.length; at += piece) {
    const read = reader.push(Uint8Array.from(bytes.subarray(at, at + piece)));
    drafts.push(...read.drafts);
    findings.push(...read.findings);
  }
  // Some callers check whether it is YAML before they end it.
  reader.yaml();
  const end = reader.end();
  return { drafts: [...drafts, ...end.drafts], findings: [...findings, ...end.findings] };
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function utf32(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.alloc(text.length * 4);
  for (const [index, character] of Array.from(text).entries()) {
    const code = character.codePointAt(0)!;
    if (bigEndian) bytes.writeUInt32BE(code, index * 4);
    else bytes.writeUInt32LE(code, index * 4);
  }
  return bytes;
}

const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n';

describe.each([1, 3, 4_096])('in pieces of %d bytes', (piece) => {
  test.each<[string, Uint8Array, string]>([
    ['UTF-16 (little endian)', Buffer.from(DOCUMENT, 'utf16le'), 'UTF-16: save it as UTF-8'],
    [
      'UTF-16 (little endian) with a byte order mark',
      Buffer.from(`\ufeff${DOCUMENT}`, 'utf16le'),
      'UTF-16: save it as UTF-8',
    ],
    ['UTF-16 (big endian)', utf16be(DOCUMENT), 'UTF-16: save it as UTF-8'],
    ['UTF-16 (big endian) with a byte order mark', utf16be(`\ufeff${DOCUMENT}`), 'UTF-16: save it as UTF-8'],
    ['UTF-16 of a YAML document', Buffer.from(YAML, 'utf16le'), 'UTF-16: save it as UTF-8'],
    ['UTF-16 with only a byte order mark', Buffer.from('\ufeff', 'utf16le'), 'UTF-16: save it as UTF-8'],
    ['UTF-32 (little endian)', utf32(DOCUMENT, false), 'UTF-32: save it as UTF-8'],
    ['UTF-32 (little endian) with a byte order mark', utf32(`\ufeff${DOCUMENT}`, false), 'UTF-32: save it as UTF-8'],
    ['UTF-32 (big endian)', utf32(DOCUMENT, true), 'UTF-32: save it as UTF-8'],
    ['UTF-32 (big endian) with a byte order mark', utf32(`\ufeff${DOCUMENT}`, true), 'UTF-32: save it as UTF-8'],
    ['gzip', gzipSync(DOCUMENT), 'compressed with gzip: provide it uncompressed'],
    ['a zip archive', Buffer.from('PK\x03\x04rest'), 'compressed with zip: provide it uncompressed'],
    ['a Git LFS pointer', Buffer.from(LFS), 'a Git LFS pointer: commit the file itself'],
    ['nothing', Buffer.from(''), 'empty: one without entries is {"servers":[]}'],
    ['white space', Buffer.from(' \n\t\n'), 'empty: one without entries is {"servers":[]}'],
    ['only a byte order mark', Buffer.from('\ufeff'), 'empty: one without entries is {"servers":[]}'],
  ])('%s fails with what it is and what to do', (_, bytes, message) => {
    for (const syntax of [undefined, 'yaml', 'json'] as const) {
      expect(() => readIn(bytes, piece, { syntax })).toThrow(
        expect.objectContaining({
          type: 'DocumentInvalid',
          message: expect.stringContaining(`the document is ${message}`) as string,
        }),
      );
    }
  });

  test('an entry that isn’t UTF-8 is rejected with what to do', () => {
    const { findings } = readIn(Buffer.from(DOCUMENT, 'latin1'), piece);
    expect(findings).toMatchObject([
      { location: 'line 1, column 2', reason: "the entry isn't valid UTF-8: save the document as UTF-8" },
    ]);
  });

  test('a key that isn’t UTF-8 fails the document', () => {
    const document = Buffer.from('{"servers":{\n"grüße":{"image":"a"}}}', 'latin1');
    expect(() => readIn(document, piece)).toThrow("a member name on line 2 isn't valid JSON in UTF-8");
  });

  test('YAML that isn’t UTF-8 fails with the line and what to do', () => {
    expect(() => readIn(Buffer.from(YAML, 'latin1'), piece, { syntax: 'yaml' })).toThrow(
      'line 4 is not valid UTF-8: save the document as UTF-8',
    );
  });

  test('UTF-8 of any length is read, with and without a byte order mark', () => {
    for (const document of [DOCUMENT, `\ufeff${DOCUMENT}`, YAML, `\ufeff${YAML}`]) {
      expect(readIn(Buffer.from(document), piece)).toMatchObject({
        drafts: [{ draft: { description: 'Grüße' } }],
        findings: [],
      });
    }
    const short = '{"servers":[{"name":"a"}]}';
    expect(readIn(Buffer.from(short), piece).findings).toMatchObject([{ name: 'a' }]);
  });
});
