import { writeFile } from "node:fs/promises";
import path from "node:path";
import { resourceTypesOf, synthesizeProducer } from "./apps.ts";
import { REPOSITORY } from "./sst-platform.ts";
import { synthesize } from "./synthesize.ts";

const pubsub = await synthesize({ stage: "dev" });
const producer = await synthesizeProducer(pubsub);
for (const [file, types] of Object.entries(resourceTypesOf(pubsub, producer))) {
  await writeFile(path.join(REPOSITORY, file), types);
  console.log(`wrote ${file}`);
}
