import { readFileSync } from "node:fs";
import path from "node:path";
import type { Settings } from "./settings.ts";

const FILE = "functions/websocket.ts";

/**
 * Throws if functions/websocket.ts does not decide who may read, on a stage where it must. It only reads the text: to
 * evaluate the file here, the stage's secrets would have to exist.
 */
export function assertDecided({ mustDecide }: Settings): void {
  if (!mustDecide) return;
  const text = readFileSync(path.join($cli.paths.root, FILE), "utf8");
  if (/\bauthorize\b/.test(text) && !/\bundecided\b/.test(text)) return;
  throw new Error(
    `${FILE} does not decide who may read on the stage ${$app.stage}. Write there \`authorize: createTopicTokenAuthorizer({ secret })\`, another hook, or \`authorize: "everybody"\` if every client may subscribe to every topic (docs/security.md), and remove \`undecided\`.`,
  );
}
