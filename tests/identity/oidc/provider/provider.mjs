// A provider for the tests: oidc-provider (certified by the OpenID Foundation), with people,
// clients and keys from a file that is read at the start, and again at each /test/again.
// Whoever types a login is that person; passwords are the provider's own affair.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const [file, issuer] = process.argv.slice(2);
const read = () => JSON.parse(readFileSync(file, 'utf8'));

function make() {
  const told = read();
  const provider = new Provider(issuer, {
    clients: told.clients,
    jwks: { keys: told.keys },
    claims: {
      openid: ['sub'],
      profile: ['preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    conformIdTokenClaims: !told.inToken,
    cookies: { keys: ['of a test'] },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    // Else it refuses to tell an address of this machine that somebody signed out.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, ...read().people[sub] }),
    }),
    pkce: { required: () => true },
  });
  return provider.callback();
}

// Whoever started it is gone, however that came.
process.stdin.on('end', () => process.exit()).resume();

let answer = make();
const server = createServer((request, response) => {
  if (request.url === '/test/again') {
    answer = make();
    response.end();
  } else {
    answer(request, response);
  }
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
