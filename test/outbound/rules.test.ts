import { describe, expect, test } from 'vitest';
import { OutboundRules } from '../../outbound/rules.ts';

const NOT_PUBLIC = expect.stringContaining('resolves to an address that is not public') as string;
const faultOf = (url: string, ...allow: readonly string[]): string | null =>
  new OutboundRules({ allow }).faultOf(new URL(url));

describe('without an allowlist', () => {
  test.each([
    ['a public name', 'https://registry.example.com/v0.1'],
    ['a public address', 'https://93.184.215.14/'],
    ['a public address of IPv6', 'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/'],
  ])('%s is reached', (_, url) => {
    expect(faultOf(url)).toBeNull();
  });

  test.each([
    ['loopback', 'https://127.0.0.1/'],
    ['another loopback address', 'https://127.8.9.10/'],
    ['loopback, in one number', 'https://2130706433/'],
    ['loopback, in hexadecimal', 'https://0x7f000001/'],
    ['loopback, in octal parts', 'https://0177.0.0.01/'],
    ['loopback, shortened', 'https://127.1/'],
    ['loopback, in full-width digits', 'https://１２７.０.０.１/'],
    ['loopback, percent-encoded', 'https://%31%32%37.0.0.1/'],
    ['loopback, with a trailing dot', 'https://127.0.0.1./'],
    ['loopback of IPv6', 'https://[::1]/'],
    ['loopback, mapped into IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['loopback, mapped in hexadecimal', 'https://[::ffff:7f00:1]/'],
    ['loopback, behind NAT64', 'https://[64:ff9b::7f00:1]/'],
    ['loopback, behind 6to4', 'https://[2002:7f00:1::]/'],
    ['loopback, as a compatible address', 'https://[::7f00:1]/'],
    ['the unspecified address', 'https://0.0.0.0/'],
    ['the unspecified address of IPv6', 'https://[::]/'],
    ['a metadata service', 'https://169.254.169.254/latest/meta-data/'],
    ['a metadata service of IPv6', 'https://[fd00:ec2::254]/'],
    ['a private address', 'https://10.1.2.3/'],
    ['another', 'https://172.16.0.1/'],
    ['a third', 'https://192.168.1.1/'],
    ['a carrier’s own address', 'https://100.64.0.1/'],
    ['a link-local address', 'https://[fe80::1]/'],
    ['a unique local address', 'https://[fc00::1]/'],
    ['a site-local address', 'https://[fec0::1]/'],
    ['multicast', 'https://224.0.0.1/'],
    ['multicast of IPv6', 'https://[ff02::1]/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['a Teredo tunnel', 'https://[2001:0:7f00:1::1]/'],
    ['localhost', 'https://localhost/'],
    ['localhost, with a trailing dot', 'https://LOCALHOST./'],
    ['a name below localhost', 'https://registry.localhost/'],
  ])('%s is not', (_, url) => {
    expect(faultOf(url)).toEqual(NOT_PUBLIC);
  });

  test.each(['file:///etc/passwd', 'ftp://registry.example.com/', 'data:,x', 'gopher://127.0.0.1/'])(
    '%s is not a valid URL',
    (url) => {
      expect(faultOf(url)).toBe('must start with https://');
    },
  );

  test('nothing is read without encryption', () => {
    expect(faultOf('http://registry.example.com/')).toContain('must start with https://');
  });
});

describe('what is allowed', () => {
  test.each([
    ['an address', '10.1.2.3', 'http://10.1.2.3:8080/'],
    ['an address in another spelling', '10.1.2.3', 'https://0x0a010203/'],
    ['a range', '10.0.0.0/8', 'https://10.200.0.1/'],
    ['an address that is mapped into IPv6', '10.0.0.0/8', 'https://[::ffff:10.0.0.1]/'],
    ['an address of IPv6', 'fd00::7', 'http://[fd00:0:0::7]/'],
    ['a range of IPv6', 'fd00::/8', 'https://[fd12::1]/'],
    ['a name', 'git.corp.example', 'http://git.corp.example/'],
    ['a name in another spelling', 'git.corp.example', 'http://GIT.corp.example./'],
    ['localhost, by its name', 'localhost', 'http://localhost/'],
    ['localhost, by its address', '127.0.0.1', 'https://localhost/'],
  ])('%s', (_, allowed, url) => {
    expect(faultOf(url, allowed)).toBeNull();
  });

  test.each([
    ['the next address', '127.0.0.1', 'https://127.0.0.2/'],
    ['an address outside the range', '10.0.0.0/9', 'https://10.200.0.1/'],
    ['the same address in the other family', '127.0.0.1', 'https://[::1]/'],
    ['IPv6 with all of IPv4 allowed', '0.0.0.0/0', 'https://[::1]/'],
  ])('%s is not', (_, allowed, url) => {
    expect(faultOf(url, allowed)).toEqual(NOT_PUBLIC);
  });

  test('a name below an allowed one is a different name', () => {
    expect(faultOf('http://git.corp.example.com/', 'corp.example.com')).toContain('must start with https://');
  });

  test('a name is allowed at an allowed address, but not at another one of the same network', () => {
    const rules = new OutboundRules({ allow: ['10.0.0.7'] });
    expect(rules.mayReach('registry.example.com', '10.0.0.7')).toBe(true);
    expect(rules.mayReach('registry.example.com', '10.0.0.8')).toBe(false);
  });

  test('an allowed name is reached whatever it resolves to', () => {
    const rules = new OutboundRules({ allow: ['registry.corp.example'] });
    expect(rules.mayReach('registry.corp.example', '192.168.7.7')).toBe(true);
    expect(rules.mayReach('other.corp.example', '192.168.7.7')).toBe(false);
  });
});
