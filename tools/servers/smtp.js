// An SMTP server for the tests: takes mails and prints each as a line of JSON on standard output.
//
// In the environment, WANTED: {"cert": file, "key": file, "implicit": bool, "starttls": bool, "user": text, "password": text}.
// The first line is {"port": number}. It listens on 127.0.0.1 and ends when its standard input does.
import { readFileSync } from "node:fs";
import { SMTPServer } from "smtp-server";

const wanted = JSON.parse(process.env.WANTED);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const disabled = [];
if (!wanted.starttls) disabled.push("STARTTLS");
if (!wanted.user) disabled.push("AUTH");

const server = new SMTPServer({
  ...(wanted.cert ? { cert: readFileSync(wanted.cert), key: readFileSync(wanted.key) } : {}),
  secure: Boolean(wanted.implicit),
  disabledCommands: disabled,
  disableReverseLookup: true,
  authOptional: !wanted.user,
  logger: false,
  onAuth(auth, session, done) {
    say({ auth: auth.username, secure: session.secure });
    const known = auth.username === wanted.user && auth.password === wanted.password;
    return known ? done(null, { user: auth.username }) : done(new Error("Invalid username or password"));
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const { mailFrom, rcptTo } = session.envelope;
      const body = Buffer.concat(parts).toString("utf8");
      say({ from: mailFrom.address, to: rcptTo.map((to) => to.address), secure: session.secure, body });
      done();
    });
  },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => say({ port: server.server.address().port }));
process.stdin.on("end", () => process.exit(0)).resume();
