// Renders /api/openapi.json. Texts of the document are always set as text, never as HTML.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, content, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const each of [content].flat()) if (each != null) made.append(each);
  return made;
}

function nameOf(reference) {
  return decodeURIComponent(reference.split("/").pop());
}

// A schema in short: {"id": uuid, "roles": [string]}. References are opened once on each path down.
function shape(schema, all, seen = []) {
  if (!schema || schema === true) return "any";
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return seen.includes(name) ? name : shape(all[name], all, [...seen, name]);
  }
  if (schema.const !== undefined) return { is: schema.const };
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const choices = schema.oneOf || schema.anyOf || schema.allOf;
  if (choices) return choices.length === 1 ? shape(choices[0], all, seen) : { either: choices.map((each) => shape(each, all, seen)) };
  if (schema.properties) {
    const required = schema.required || [];
    return Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [required.includes(name) ? name : name + "?", shape(each, all, seen)]));
  }
  if (schema.items) return [shape(schema.items, all, seen)];
  const type = [schema.type || "any"].flat().join(" | ");
  return schema.format ? `${type} (${schema.format})` : type;
}

function parameters(operation, all) {
  if (!operation.parameters) return null;
  const rows = operation.parameters.map((each) => element("tr", [
    element("td", element("code", each.name)),
    element("td", each.in + (each.required ? ", required" : "")),
    element("td", String(typeof shape(each.schema, all) === "string" ? shape(each.schema, all) : JSON.stringify(shape(each.schema, all)))),
    element("td", each.description || ""),
  ]));
  const head = element("tr", ["parameter", "where", "type", ""].map((each) => element("th", each)));
  return element("table", [element("thead", head), element("tbody", rows)]);
}

function body(title, content, all) {
  const [kind, media] = Object.entries(content || {})[0] || [];
  if (!kind) return null;
  return element("div", [element("h4", `${title} · ${kind}`), element("pre", JSON.stringify(shape(media.schema, all), null, 2))]);
}

function operationOf(path, method, operation, all) {
  const summary = element("summary", [
    element("span", method.toUpperCase(), "method"),
    element("code", path),
    element("span", operation.summary || "", "summary"),
  ]);
  const needs = operation["x-permission"] || (operation.security && operation.security.length ? "signed in" : "public");
  const made = element("details", [
    summary,
    element("p", [`${operation.operationId} · `, element("span", needs, "needs")]),
    operation.description ? element("p", operation.description) : null,
    parameters(operation, all),
    body("Request", operation.requestBody && operation.requestBody.content, all),
    ...Object.entries(operation.responses || {}).map(([status, each]) =>
      body(`${status} ${each.description || ""}`, each.content, all) || element("p", `${status} ${each.description || ""}`)),
  ]);
  made.id = operation.operationId;
  made.dataset.words = [method, path, operation.operationId, operation.summary, operation.description, needs].join(" ").toLowerCase();
  return made;
}

function show(description) {
  const all = (description.components && description.components.schemas) || {};
  document.title = description.info.title;
  document.getElementById("title").textContent = `${description.info.title} ${description.info.version}`;
  document.getElementById("about").textContent = description.info.description || "";
  const groups = new Map();
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((each) => item[each])) {
      const tag = (item[method].tags || [""])[0];
      if (!groups.has(tag)) groups.set(tag, element("section", element("h2", tag)));
      groups.get(tag).append(operationOf(path, method, item[method], all));
    }
  }
  document.getElementById("operations").replaceChildren(...groups.values());
  document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const each of document.querySelectorAll("details")) {
    each.hidden = !words.every((word) => each.dataset.words.includes(word));
    count += each.hidden ? 0 : 1;
  }
  for (const each of document.querySelectorAll("section")) each.hidden = !each.querySelector("details:not([hidden])");
  document.getElementById("count").textContent = `${count} operations`;
}

async function start() {
  const answer = await fetch("/api/openapi.json");
  show(await answer.json());
  const input = document.getElementById("search");
  input.addEventListener("input", () => search(input.value));
  search(input.value);
}

start().catch(() => {
  document.getElementById("operations").textContent = "The description could not be loaded.";
});
