"use strict";
// Signing in: by password and code, by passkey, by a provider. Each way ends with a refresh token, which is changed for cookies that
// no script can read.

const SESSIONS = "/api/v1/sessions";
const BROWSER = "/api/v1/browser-sessions";

// Where to go once signed in: a path of this server, or nowhere.
function wanted() {
  const next = new URLSearchParams(location.search).get("next");
  if (!next) return null;
  const url = new URL(next, location.origin);
  return url.origin === location.origin ? url.href : null;
}

function show(...ids) {
  for (const id of ["form", "others", "inside"]) at(id).hidden = !ids.includes(id);
}

async function inside() {
  let me = await ask("GET", "/api/v1/me");
  if (me.status === 401 && (await ask("POST", `${BROWSER}/refresh`)).ok) me = await ask("GET", "/api/v1/me");
  if (!me.ok) return false;
  const { name, email, workspace, role } = me.body;
  at("who").textContent = `${name ?? email} (${email}), ${role} of the workspace ${workspace}.`;
  show("inside");
  return true;
}

// Tokens of any way become cookies.
async function enter(tokens) {
  const kept = await ask("POST", BROWSER, { refresh_token: tokens.refresh_token });
  if (!kept.ok) return tell(why(kept), "bad");
  const next = wanted();
  if (next) return location.assign(next);
  if (location.pathname.startsWith("/sso/")) history.replaceState(null, "", "/sign-in");
  tell(tokens.lacks_factor ? "This workspace asks for a second factor: add one, and sign in again." : "", "");
  await inside();
}

async function byPassword() {
  const body = { email: at("email").value, password: at("password").value };
  if (!at("code").disabled) body.code = at("code").value.trim();
  const answer = await ask("POST", SESSIONS, body);
  if (answer.ok) return enter(answer.body);
  const kinds = (answer.body?.errors ?? []).map((each) => each.code);
  if (answer.body?.code === "identity.second_factor" && kinds.some((kind) => kind !== "passkey")) {
    at("code-field").hidden = at("code").disabled = false;
    at("code").focus();
  }
  tell(why(answer), "bad");
}

async function byPasskey() {
  const asked = await ask("POST", `${SESSIONS}/passkey/options`);
  if (!asked.ok) return tell(why(asked), "bad");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.body.options.publicKey);
  let credential;
  try {
    credential = await navigator.credentials.get({ publicKey });
  } catch (error) {
    return tell(`The passkey was not used: ${error.message}`, "bad");
  }
  const answer = await ask("POST", `${SESSIONS}/passkey`, {
    challenge_id: asked.body.challenge_id,
    credential: credential.toJSON(),
  });
  return answer.ok ? enter(answer.body) : tell(why(answer), "bad");
}

// The verifier waits in this tab: it proves that who comes back is who went.
async function toProvider(provider) {
  const started = await ask("POST", `/api/v1/sso/${provider}/start`, {});
  if (!started.ok) return tell(why(started), "bad");
  sessionStorage.setItem(`sso ${started.body.state}`, started.body.verifier);
  location.assign(started.body.authorization_url);
}

async function fromProvider() {
  const provider = location.pathname.slice("/sso/".length);
  const sent = new URLSearchParams(location.search);
  const state = sent.get("state") ?? "";
  const verifier = sessionStorage.getItem(`sso ${state}`);
  sessionStorage.removeItem(`sso ${state}`);
  // Neither the history nor a bookmark keeps what was sent.
  history.replaceState(null, "", location.pathname);
  if (sent.has("error")) return tell(`The provider refused: ${sent.get("error_description") ?? sent.get("error")}`, "bad");
  if (!verifier || !sent.get("code")) return tell("This attempt was not begun in this tab, or is over. Sign in again.", "bad");
  const body = { state, code: sent.get("code"), verifier };
  if (sent.has("iss")) body.iss = sent.get("iss");
  const answer = await ask("POST", `/api/v1/sso/${provider}/finish`, body);
  return answer.ok ? enter(answer.body) : tell(why(answer), "bad");
}

async function leave() {
  const left = await ask("DELETE", BROWSER);
  if (!left.ok) return tell(why(left), "bad");
  await begin();
  tell("You are signed out.", "good");
}

async function offer() {
  const { body } = await ask("GET", "/api/v1/sso");
  for (const { provider, title } of body?.items ?? []) {
    const id = `sso-${provider}`;
    if (at(id)) continue;
    const button = Object.assign(document.createElement("button"), { id, type: "button", textContent: `Sign in by ${title}` });
    button.addEventListener("click", doing(() => toProvider(provider)));
    at("others").append(button);
  }
  at("passkey").hidden = !window.PublicKeyCredential?.parseRequestOptionsFromJSON;
}

async function begin() {
  at("form").reset();
  at("code-field").hidden = at("code").disabled = true;
  await offer();
  show("form", "others");
}

// One thing at a time, and whatever breaks is told.
function doing(what) {
  return async (event) => {
    event?.preventDefault();
    const buttons = [...document.querySelectorAll("button")].filter((button) => !button.disabled);
    for (const button of buttons) button.disabled = true;
    try {
      await what();
    } catch {
      tell(UNREACHED, "bad");
    }
    for (const button of buttons) button.disabled = false;
  };
}

at("form").addEventListener("submit", doing(byPassword));
at("passkey").addEventListener("click", doing(byPasskey));
at("leave").addEventListener("click", doing(leave));
doing(async () => {
  if (location.pathname.startsWith("/sso/")) {
    await fromProvider();
    if (at("inside").hidden) await begin();
  } else if (!(await inside())) {
    await begin();
  }
})();
