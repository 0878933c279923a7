/** `npm run verified`: writes docs/verified.md from the results of `pubsub verify --out docs/verified/NAME.json`. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readResults, verifiedPage } from "./verified-page.ts";

const docs = fileURLToPath(new URL("../docs/", import.meta.url));
writeFileSync(`${docs}verified.md`, verifiedPage(readResults(`${docs}verified/`)));
console.log("docs/verified.md");
