import express from 'express';
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { messageClassesOf } from '../../api/http/express-messages.ts';
import { listen } from '../../api/http/listener.ts';

test('Express keeps the prototypes of the messages that the server creates', async () => {
  const app = express();
  app.get('/path', (request, response) => response.status(201).json({ path: request.path }));
  const before: unknown[] = [];
  const after: unknown[] = [];
  const listener: RequestListener = (request, response) => {
    before.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    app(request, response);
    after.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
  };

  const server = await listen(listener, '127.0.0.1:0', { messageClasses: messageClassesOf(app) });
  try {
    const answer = await fetch(`${server.url.replace('localhost', '127.0.0.1')}/path`);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ path: '/path' });
  } finally {
    await server.close();
  }

  expect(after[0]).toBe(app.request);
  expect(after[1]).toBe(app.response);
  for (const [index, prototype] of after.entries()) expect(before[index]).toBe(prototype);
});
