// Makes the page: `node build.mjs [FOLDER]`. What is named after its content may be kept by browsers for ever.
import { build } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts" },
  outdir: out,
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  publicPath: "/assets/",
  loader: { ".wasm": "file" },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const made = Object.entries(metafile.outputs).map(([path, output]) => ({ path: relative(out, join(here, path)), ...output }));
const entry = made.find((output) => output.entryPoint === "src/main.ts");
const wasm = made.find((output) => output.path.endsWith(".wasm"));
const page = readFileSync(join(here, "src/index.html"), "utf8")
  .replaceAll("APP.js", `/assets/${entry.path}`)
  .replaceAll("APP.css", `/assets/${relative(out, join(here, entry.cssBundle))}`)
  .replaceAll("CORE.wasm", `/assets/${wasm.path}`);
writeFileSync(join(out, "index.html"), page);
for (const file of readdirSync(out)) {
  writeFileSync(join(out, `${file}.gz`), gzipSync(readFileSync(join(out, file)), { level: 9 }));
}
