// node audit.mjs http://127.0.0.1:8080/graphql
//
// Runs all audits of graphql-http (https://graphql-http.com) against a server, prints one line for each that is not passed, and
// ends with 1 if one that must be passed is not. Then a client of graphql-ws subscribes to what the tests of the crate serve.
import { auditServer } from "graphql-http";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const results = await auditServer({ url, fetchFn: fetch });
const count = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const result of results) {
  count[result.status] += 1;
  if (result.status !== "ok") console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
}
console.log(`audits: ${JSON.stringify(count)}`);

const token = process.argv[3];
if (token) {
  const client = createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const seen = [];
  for await (const answer of client.iterate({ query: "subscription { countdown(from: 3) { left } }" })) {
    seen.push(answer.data?.countdown?.left ?? answer);
  }
  await client.dispose();
  console.log(`subscribed: ${JSON.stringify(seen)}`);
  if (JSON.stringify(seen) !== "[3,2,1]") count.error += 1;
}
process.exit(count.error > 0 || count.warn > 0 ? 1 : 0);
