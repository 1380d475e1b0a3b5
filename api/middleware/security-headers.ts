/** Headers that keep browsers from doing more with an answer than reading it. */
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Answers are data: as a document of its own none of them may load or run anything. `/docs` says otherwise for itself. */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  // Reads of registries get another value together with CORS.
  crossOriginResourcePolicy: { policy: 'same-origin' },
});
