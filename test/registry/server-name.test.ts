import { expect, test } from 'vitest';
import { isServerName, isUsableServerName } from '../../registry/server-name.ts';

test.each(['io.github.someone/weather', 'a/b', 'Com.Example-1/a_b.c-d'])('%s is a name', (name) => {
  expect([isServerName(name), isUsableServerName(name)]).toEqual([true, true]);
});

test.each(['ab', 'a/b/c', '/b', 'a/', 'a b/c', '', `a/${'b'.repeat(600)}`])(
  '%j is no name to serve anything under',
  (name) => {
    expect([isServerName(name), isUsableServerName(name)]).toEqual([false, false]);
  },
);

test.each(['a_b/c', 'com.example/größe', `a/${'b'.repeat(199)}`])(
  '%s is served, but no publisher may take it',
  (name) => {
    expect([isServerName(name), isUsableServerName(name)]).toEqual([false, true]);
  },
);
