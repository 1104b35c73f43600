// An OpenID provider for the tests, over HTTP on 127.0.0.1. The first line on standard output is {"port": number}; it ends when
// its standard input does. Who signs in with the login `ann` is ann@example.com, verified; `eve+unverified` is not verified.
//
// In the environment, WANTED: {"redirect": URL, "secret": text}. The client is `grayghost`.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const wanted = JSON.parse(process.env.WANTED);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "grayghost",
        client_secret: wanted.secret,
        redirect_uris: [wanted.redirect],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    // Only then must a client bring the right verifier.
    pkce: { required: () => true },
    cookies: { keys: ["of the tests"] },
    features: { devInteractions: { enabled: true } },
    async findAccount(_, login) {
      const [name, unverified] = login.split("+");
      const claims = { sub: login, email: `${name}@example.com`, email_verified: !unverified, name: `${name} of the provider` };
      return { accountId: login, claims: async () => claims };
    },
  });
  server.on("request", provider.callback());
  say({ port });
});
process.stdin.on("end", () => process.exit(0)).resume();
