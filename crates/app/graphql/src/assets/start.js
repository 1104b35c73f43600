// Starts GraphiQL on this page: one answer by POST, subscriptions by server-sent events (graphql-sse, distinct connections).
"use strict";

(() => {
  // Fills the window. Rules in a sheet of our own would be one more file; properties are no style in line to the policy.
  document.documentElement.style.height = "100%";
  Object.assign(document.body.style, { height: "100%", margin: "0" });
  const place = document.createElement("div");
  place.id = "graphiql";
  place.style.height = "100vh";
  document.body.append(place);

  const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

  const send = (body, accept, headers, signal) =>
    fetch("/graphql", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept,
        // A browser's session proves with this that a page of ours asks.
        ...(cookie("grayghost_csrf") ? { "x-csrf-token": cookie("grayghost_csrf") } : {}),
        ...headers,
      },
      body: JSON.stringify(body),
      signal,
    });

  async function* events(body, headers) {
    const stop = new AbortController();
    try {
      const response = await send(body, "text/event-stream", headers, stop.signal);
      if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
        yield await response.json();
        return;
      }
      let rest = "";
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop();
        for (const part of parts) {
          const lines = part.split("\n");
          const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
          if (lines.includes("event: complete")) return;
          if (data) yield JSON.parse(data);
        }
      }
    } finally {
      stop.abort();
    }
  }

  // The document may hold several operations; comments are left out before the chosen one is looked for.
  const subscribes = ({ query, operationName }) => {
    const bare = query.replace(/#.*$/gm, "");
    const found = operationName ? bare.match(new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`)) : null;
    return found ? found[1] === "subscription" : /^\s*subscription\b/.test(bare);
  };

  const fetcher = (params, options) => {
    const body = { query: params.query, variables: params.variables ?? undefined, operationName: params.operationName ?? undefined };
    if (subscribes(params)) return events(body, options?.headers);
    return send(body, "application/graphql-response+json, application/json;q=0.9", options?.headers).then((response) => response.json());
  };

  const welcome = `# Sign in with the mutation signIn, or make an API key, and put it below under "Headers":
#
#   { "Authorization": "Bearer gg_…" }

{
  me {
    email
    workspace
    permissions
  }
}
`;
  ReactDOM.createRoot(place).render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: welcome, shouldPersistHeaders: false, isHeadersEditorEnabled: true }),
  );
})();
