import { expect, test } from 'vitest';
import { checkServerJson } from '../../registry/server-json/check.ts';
import { isUsableServerName } from '../../registry/server-json/name.ts';

/** Whether a publisher can use the name. */
function isPublishable(name: string): boolean {
  return checkServerJson({ name, description: 'A server', version: '1.0.0' }).length === 0;
}

test.each(['io.github.someone/weather', 'a/b', 'Com.Example-1/a_b.c-d'])('%s is a name', (name) => {
  expect([isPublishable(name), isUsableServerName(name)]).toEqual([true, true]);
});

test.each(['ab', 'a/b/c', '/b', 'a/', 'a b/c', '', `a/${'b'.repeat(600)}`])(
  '%j is not a name that can be served',
  (name) => {
    expect([isPublishable(name), isUsableServerName(name)]).toEqual([false, false]);
  },
);

test.each(['a_b/c', 'com.example/größe', `a/${'b'.repeat(199)}`])('%s is served, but can’t be published', (name) => {
  expect([isPublishable(name), isUsableServerName(name)]).toEqual([false, true]);
});
