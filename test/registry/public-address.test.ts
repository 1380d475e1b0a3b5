import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../registry/public-address.ts';

const PUBLIC = [
  '93.184.215.14',
  '8.8.8.8',
  '172.15.255.255',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82b::200e',
  '[2606:4700:4700::1111]',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2002:808:808::1',
  '168.63.129.15',
  '168.63.129.17',
  '166.7.255.255',
  '166.12.0.1',
];

const NOT_PUBLIC = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '[::1]',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::808:808',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001::1',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '100::1',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '64:ff9b::a83f:8110',
  '2002:a83f:8110::1',
  '161.26.0.10',
  '166.8.0.1',
  '166.11.255.255',
  '169.254.170.2',
  'fd20:ce::254',
  'fd00:42::42',
  '3fff::1',
];

const NO_ADDRESS = [
  '',
  'localhost',
  'example.com',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '8.8.8.8.8',
  '8.8.8',
];

describe('an address', () => {
  test.each(PUBLIC)('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
  test.each(NOT_PUBLIC)('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(NO_ADDRESS)('"%s" is not an address, and so not public', (address) =>
    expect(isPublicAddress(address)).toBe(false),
  );

  test('is equally public in IPv6 and IPv4', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const words = [(a << 8) | b, (c << 8) | d].map((word) => word.toString(16)).join(':');
        for (const form of [`::ffff:${address}`, `::ffff:${words}`, `64:ff9b::${words}`, `2002:${words}::1`]) {
          expect([form, isPublicAddress(form)]).toEqual([form, isPublicAddress(address)]);
        }
      }),
    );
  });
});
