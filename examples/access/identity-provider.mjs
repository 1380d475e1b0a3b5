// Issues a token with any claims to any caller. Only for trying out access control on one machine. A repeated parameter becomes
// a list: /token?sub=ada&groups=engineering&groups=oncall
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const PORT = Number(process.env.PORT ?? 9000);
const ISSUER = `http://127.0.0.1:${PORT}`;
const AUDIENCE = 'rollcall';
const KEY = { alg: 'ES256', kid: 'example' };

const { publicKey, privateKey } = await generateKeyPair(KEY.alg);
const documents = {
  '/.well-known/openid-configuration': { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` },
  '/jwks': { keys: [{ ...(await exportJWK(publicKey)), ...KEY }] },
};

const server = createServer((request, response) => void answer(request, response));
server.listen(PORT, '127.0.0.1', () => console.log(`Tokens: ${ISSUER}/token?sub=ada&groups=engineering`));

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, ISSUER);
  if (pathname === '/token') {
    response.end(await token(searchParams));
  } else if (pathname in documents) {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(documents[pathname]));
  } else {
    response.writeHead(404).end();
  }
}

function token(parameters) {
  const claims = [...new Set(parameters.keys())].map((name) => {
    const values = parameters.getAll(name);
    return [name, values.length === 1 ? values[0] : values];
  });
  return new SignJWT(Object.fromEntries(claims))
    .setProtectedHeader(KEY)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(privateKey);
}
