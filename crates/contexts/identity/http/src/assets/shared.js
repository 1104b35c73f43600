"use strict";
// What the pages of accounts share: asking the API, and telling what it answered.

const at = (id) => document.getElementById(id);

function tell(text, mood) {
  at("result").textContent = text;
  at("result").className = mood;
}

const cookie = (name) => document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);

// Gives status and body; throws where no server answers. A write by cookie proves that a page of ours asks.
async function ask(method, path, body) {
  const proof = cookie("grayghost_csrf");
  const answer = await fetch(path, {
    method,
    headers: { ...(body && { "Content-Type": "application/json" }), ...(proof && { "X-CSRF-Token": proof }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  return { ok: answer.ok, status: answer.status, body: text ? JSON.parse(text) : null };
}

// A refusal in one paragraph: what, why, and the way out.
function why({ body }) {
  const fields = (body?.errors ?? []).map((each) => (each.field ? `${each.field}: ${each.message}` : each.message));
  return [body?.detail ?? "The server could not answer", body?.why, body?.remedy, ...fields].filter(Boolean).join(". ");
}

const UNREACHED = "The server did not answer. Try again.";
