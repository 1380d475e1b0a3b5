import { expect, test } from 'vitest';
import { withoutSecrets } from '../../outbound/redaction.ts';

test.each([
  ['https://user:pw@example.com/a?b=c#d is down', 'https://example.com/a is down'],
  ["unable to access 'https://token@example.com/x.git/': 403", "unable to access 'https://example.com/x.git/': 403"],
  ['ssh://git@example.com/x and git@example.com:x', 'ssh://example.com/x and git@example.com:x'],
  ['Authorization: Basic dXNlcjpwdw== was sent', 'Authorization: Basic *** was sent'],
  ['what? nothing # to hide', 'what? nothing # to hide'],
  ['(https://user:p@ss@example.com/)', '(https://example.com/)'],
  ['https://a:b@one.example,https://c:d@two.example/x', 'https://one.example,https://two.example/x'],
  ['https://example.com/x?next=https://u:pw@two.example/', 'https://example.com/x'],
  ['https://example.com?token=s3cret', 'https://example.com'],
  ['://user@example.com? and a@b', '://user@example.com? and a@b'],
])('%j is shown as %j', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown);
});

/** A quadratic expression would take minutes for each of these. */
test.each([
  ['letters', 'a'],
  ['letters and dots', 'a.'],
  ['the beginnings of URLs', 'a://'],
  ['URLs with users', 'a://b@'],
  ['users', 'a:b@'],
  ['headers', 'authorization:'],
  ['headers with a scheme', 'authorization: basic '],
  ['spaces', ' '],
  ['quotes', `'`],
  ['slashes', '/'],
])('300,000 characters of %s are read in linear time', (_, piece) => {
  const adversarial = `${piece.repeat(300_000 / piece.length)}!`;
  const startedAt = process.cpuUsage();
  withoutSecrets(`https://${adversarial}`);
  withoutSecrets(adversarial);
  withoutSecrets(`authorization: ${adversarial}`);
  expect(process.cpuUsage(startedAt).user / 1e6).toBeLessThan(5);
});
