// Solidity's `--standard-json` over the compiler of the npm package `solc`: input on stdin, output on stdout.
// Knows how native solc looks for imports (--base-path, --include-path, --allow-paths, --no-import-callback) and reads
// nothing outside those folders; ignores every other flag.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "..", "..");
const FOLDER_FLAGS = new Map([
  ["--base-path", "base"],
  ["--include-path", "include"],
  ["-I", "include"],
  ["--allow-paths", "allow"],
]);

function fail(message) {
  process.stderr.write(`solc: ${message}\n`);
  process.exit(1);
}

/** Folders named on the command line; a flag may stand as `--flag value` or `--flag=value`. */
function parseArguments(words) {
  const folders = { base: [], include: [], allow: [] };
  let standardJson = false;
  let mayImport = true;
  let inputFile = null;
  for (let i = 0; i < words.length; i++) {
    const equals = words[i].startsWith("--") ? words[i].indexOf("=") : -1;
    const flag = equals < 0 ? words[i] : words[i].slice(0, equals);
    const kind = FOLDER_FLAGS.get(flag);
    if (kind !== undefined) {
      const value = equals < 0 ? (words[++i] ?? "") : words[i].slice(equals + 1);
      const values = kind === "allow" ? value.split(",") : [value];
      folders[kind].push(...values.filter((v) => v !== "").map((v) => path.resolve(v)));
    } else if (flag === "--no-import-callback") {
      mayImport = false;
    } else if (flag === "--standard-json") {
      standardJson = true;
      const next = words[i + 1];
      if (next !== undefined && !next.startsWith("-")) {
        inputFile = words[++i];
      }
    }
  }
  return { folders, standardJson, mayImport, inputFile };
}

function isBelow(file, folder) {
  const relative = path.relative(folder, file);
  return relative !== ".." && !relative.startsWith(".." + path.sep) && !path.isAbsolute(relative);
}

/** Native solc's search: the name below the base path, then below each include path; found once or not at all. */
function importer(folders) {
  const searched = folders.base.length > 0 ? [...folders.base, ...folders.include] : [process.cwd(), ...folders.include];
  // By name and not by real path: node_modules may be a link, as in a second worktree.
  const allowed = [...searched, ...folders.allow];
  return (name) => {
    const plain = name.startsWith("file://") ? name.slice("file://".length) : name;
    const candidates = path.isAbsolute(plain)
      ? [path.resolve(plain)]
      : searched.map((folder) => path.join(folder, plain));
    const found = [...new Set(candidates)].filter((file) => fs.existsSync(file) && fs.statSync(file).isFile());
    if (found.length === 0) {
      return { error: `File not found. Searched the following locations: ${searched.join(", ")}.` };
    }
    if (found.length > 1) {
      return { error: `Ambiguous import. Multiple matching files found: ${found.join(", ")}.` };
    }
    if (!allowed.some((folder) => isBelow(found[0], folder))) {
      return { error: "File outside of allowed directories." };
    }
    return { contents: fs.readFileSync(found[0], "utf8") };
  };
}

function loadCompiler() {
  const soljson = path.join(ROOT, "node_modules", "solc", "soljson.js");
  if (!fs.existsSync(soljson)) {
    fail("node_modules/solc is not installed: run `npm ci` in the repository");
  }
  // `solc/wrapper` and not `solc`, which prints a warning about SMT solvers to stdout.
  const compiler = require(path.join(ROOT, "node_modules", "solc", "wrapper.js"))(require(soljson));
  const expected = process.env.CUSTODY_SOLC_VERSION;
  if (expected !== undefined && compiler.version() !== expected) {
    fail(`node_modules/solc is ${compiler.version()}, expected ${expected}: run \`npm ci\` in the repository`);
  }
  return compiler;
}

function writeAll(text) {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") {
        throw error;
      }
    }
  }
}

const { folders, standardJson, mayImport, inputFile } = parseArguments(process.argv.slice(2));
if (!standardJson) {
  fail("only --version and --standard-json are served");
}
const input = fs.readFileSync(inputFile ?? 0, "utf8");
writeAll(loadCompiler().compile(input, mayImport ? { import: importer(folders) } : undefined) + "\n");
