// Completes a package-lock.json with the native packages of other platforms that the registry at hand did not serve.
// `npm ci` refuses a lock that lacks an optional dependency, even one that this machine would never install.
// What is added has its exact version but no checksum: only a registry that serves the package knows that.
"use strict";

const fs = require("node:fs");

const OS = { linux: "linux", darwin: "darwin", win32: "win32" };
const CPU = { amd64: "x64", arm64: "arm64" };

const file = process.argv[2];
const lock = JSON.parse(fs.readFileSync(file, "utf8"));
const added = [];
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    const [, os, cpu] = /-([a-z0-9]+)-([a-z0-9]+)$/.exec(name) ?? [];
    if (lock.packages[place]?.version === undefined && os in OS && cpu in CPU) {
      lock.packages[place] = { version, cpu: [CPU[cpu]], optional: true, os: [OS[os]] };
      added.push(name);
    }
  }
}
const [root, ...rest] = Object.entries(lock.packages);
rest.sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries([root, ...rest]);
fs.writeFileSync(file, JSON.stringify(lock, null, 2) + "\n");
if (added.length > 0) {
  process.stderr.write(`package-lock.json: not served here, locked without checksum: ${added.join(", ")}\n`);
}
