/**
 * npm brings a Node of its own for this repository's scripts, as a package for the platform, by the lockfile and its hash.
 * Where there is no such package, as for macOS, the machine's Node is used. This says if it is too old.
 */
const NEEDED = [24, 2];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const [neededMajor = 0, neededMinor = 0] = NEEDED;
if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  console.error(
    `This repository needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node}. On Linux (glibc) and ` +
      "Windows npm installs one, unless optional dependencies are left out. Elsewhere, install one: https://nodejs.org",
  );
  process.exitCode = 1;
}
