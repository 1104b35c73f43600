"use strict";
// The pages that links in mails, and the first start, lead to. A link's secret is behind `#`, which no server and no log sees.
const PAGES = {
  "/set-up": {
    title: "Set up Gray Ghost",
    about: "You will be the owner of this installation.",
    fields: ["email", "name", "password"],
    send: "Make my account",
    to: "/api/v1/set-up",
    done: "You are the owner. Sign in with your address and password.",
  },
  "/accept-invitation": {
    title: "Join a workspace",
    about: "An account that you have already keeps its name and password.",
    fields: ["name", "password"],
    send: "Join",
    to: "/api/v1/invitations/accept",
    done: "You are a member. Sign in with your address and password.",
  },
  "/reset-password": {
    title: "Choose a new password",
    about: "All of your sessions end.",
    fields: ["password"],
    send: "Save",
    to: "/api/v1/password-resets/confirm",
    done: "Saved. Sign in with your new password.",
  },
  "/verify-email": {
    title: "Confirm your e-mail address",
    about: "",
    fields: [],
    send: "This is my address",
    to: "/api/v1/email-verifications",
    done: "Thank you, your address is confirmed.",
  },
};

const page = PAGES[location.pathname];
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function show() {
  document.title = at("title").textContent = page.title;
  at("about").textContent = page.about;
  at("send").textContent = page.send;
  if (!token) {
    tell("The link is not whole. Open it again from the mail, or from where it was printed.", "bad");
    return;
  }
  for (const field of page.fields) {
    at(`${field}-field`).hidden = false;
    at(field).disabled = false;
  }
  at("form").hidden = false;
}

async function send(event) {
  event.preventDefault();
  at("send").disabled = true;
  const body = { token };
  for (const field of page.fields) {
    body[field] = at(field).value;
  }
  try {
    const answer = await ask("POST", page.to, body);
    if (answer.ok) {
      at("form").hidden = true;
      at("next").hidden = false;
      history.replaceState(null, "", location.pathname);
      tell(page.done, "good");
      return;
    }
    tell(why(answer), "bad");
  } catch {
    tell(UNREACHED, "bad");
  }
  at("send").disabled = false;
}

show();
at("form").addEventListener("submit", send);
