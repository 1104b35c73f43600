// Takes GraphiQL and React as they are published, leaves out fonts in the style sheet (the server's policy allows none in
// line), and writes them compressed beside the crate's sources:
//
//   cd tools/graphiql && npm ci && npm run build
//
// The same packages give the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const out = fileURLToPath(new URL("../../crates/app/graphql/src/assets/", import.meta.url));
const read = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
const strip = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\n?/g, "\n").replace(/\n?\/\*# sourceMappingURL=.*?\*\/\n?/g, "\n");
const pack = (name, text) => {
  const bytes = gzipSync(Buffer.from(text), { level: 9 });
  writeFileSync(`${out}${name}.gz`, bytes);
  console.log(`${name}: ${text.length} bytes, ${bytes.length} compressed`);
};

const react = ["react/umd/react.production.min.js", "react-dom/umd/react-dom.production.min.js"].map(read).map(strip).join("\n");
pack("react.js", react);
pack("graphiql.js", strip(read("graphiql/graphiql.min.js")));
const style = strip(read("graphiql/graphiql.min.css")).replace(/@font-face\s*\{[^}]*\}/g, "");
if (/url\(\s*["']?(https?:|\/\/)/.test(style)) throw new Error("the style sheet loads something from elsewhere");
pack("graphiql.css", style);
