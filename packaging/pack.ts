/** `npm run pack`: the tarballs of all packages, to be installed in another project until they are published. */
import { mkdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { packPackages } from "./pack-packages.ts";

const destination = resolve("tarballs");
mkdirSync(destination, { recursive: true });
for (const tarball of Object.values(packPackages(destination))) console.log(relative(process.cwd(), tarball));
