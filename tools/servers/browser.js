// A browser at the page of signing in. The first line on standard output is {"port": 0}, then one a step: what the page shows and
// what its scripts can read. {"missing": "chromium"} where there is none.
//
// In the environment, WANTED: {"base": URL, "email": text, "password": text, "login": text, who that is at the provider `real`}.
import { accessSync, constants } from "node:fs";
import puppeteer from "puppeteer-core";

const wanted = JSON.parse(process.env.WANTED);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const found = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`).find((path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

say({ port: 0 });
if (!found) {
  say({ missing: "chromium" });
  process.exit(0);
}
const browser = await puppeteer.launch({ executablePath: found, args: ["--no-sandbox", "--disable-gpu"], protocolTimeout: 120_000 });
const page = await browser.newPage();
page.setDefaultTimeout(60_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(`${error}`));
page.on("console", (line) => {
  // Chromium reports each refusal of the API as well: those are the server's, and wanted.
  if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) complaints.push(line.text());
});

const shown = (id) => page.waitForFunction((id) => document.getElementById(id)?.checkVisibility(), {}, id);
const tell = async (step) => {
  const seen = await page.evaluate(() => ({
    path: location.pathname + location.search,
    who: document.getElementById("who").textContent,
    result: document.getElementById("result").textContent,
    readable: document.cookie.split("; ").filter(Boolean).map((pair) => pair.split("=")[0]),
    stored: sessionStorage.length + localStorage.length,
  }));
  say({ step, ...seen });
};

try {
  await page.goto(`${wanted.base}/`);
  await shown("form");
  await page.type("#email", wanted.email);
  await page.type("#password", `not ${wanted.password}`);
  await page.click("#send");
  await page.waitForFunction(() => document.getElementById("result").textContent);
  await tell("refused");

  await page.$eval("#password", (field) => (field.value = ""));
  await page.type("#password", wanted.password);
  await page.click("#send");
  await shown("inside");
  await tell("password");

  await page.reload();
  await shown("inside");
  await tell("reloaded");

  // As if the access token were over: the page renews it by the other cookie.
  await browser.deleteCookie(...(await browser.cookies()).filter((cookie) => cookie.name === "grayghost_session"));
  await page.reload();
  await shown("inside");
  await tell("renewed");

  await page.click("#leave");
  await shown("form");
  await tell("left");

  await page.click("#sso-real");
  await page.waitForSelector('input[name="login"]');
  await page.type('input[name="login"]', wanted.login);
  await page.type('input[name="password"]', "any");
  await Promise.all([page.waitForNavigation(), page.click("form button, form [type=submit]")]);
  await Promise.all([page.waitForNavigation(), page.click("form button, form [type=submit]")]);
  await shown("inside");
  await tell("provider");

  // What the provider sent is good once, and only where it was begun.
  await page.goto(`${wanted.base}/sso/real?state=forged&code=forged`);
  await shown("form");
  await tell("forged");
  say({ complaints });
} catch (error) {
  say({ broken: `${error}`, at: page.url(), page: await page.content(), complaints });
} finally {
  await browser.close();
}
