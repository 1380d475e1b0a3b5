/** Headers that keep browsers from running, framing, or embedding answers. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Answers are data: opened as documents, they must not load or run anything. `/docs` has its own policy. */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  // Reads of registries get another value together with CORS.
  crossOriginResourcePolicy: { policy: 'same-origin' },
});
