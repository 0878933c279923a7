import { readFileSync } from "node:fs";
import path from "node:path";
import type { Settings } from "./settings.ts";

interface Decision {
  file: string;
  /** Whether the file has to decide on a stage with these settings. */
  isAsked: (settings: Settings) => boolean;
  isDecided: (text: string) => boolean;
  missing: string;
  write: string;
}

const decides = (text: string): boolean => /\bauthorize\b/.test(text) && !/\bundecided/.test(text);
const hasHook = (text: string): boolean => decides(text) && !/\bauthorize:\s*["'`]/.test(text);
const TOKENS = "`authorize: createTopicTokenAuthorizer({ secret })`";

const DECISIONS: readonly Decision[] = [
  {
    file: "functions/websocket.ts",
    isAsked: () => true,
    isDecided: decides,
    missing: "who may read",
    write: `Write there ${TOKENS}, another hook, or \`authorize: "everybody"\` if every client may subscribe to every topic`,
  },
  {
    file: "functions/publish.ts",
    isAsked: ({ clientPublish }) => clientPublish,
    // "everybody" is for reading: the handler would refuse every publication
    isDecided: hasHook,
    missing: "who may publish",
    write: `Write there ${TOKENS}, whose tokens name the topics in \`publish\`, or another hook, or set \`clientPublish: false\` in stacks/settings.ts`,
  },
  {
    file: "functions/http-publish.ts",
    isAsked: ({ httpPublish }) => httpPublish === "everybody",
    // "iam" refuses who calls without a signature: with such a URL, everybody
    isDecided: hasHook,
    missing: "who may publish",
    write: `Write there ${TOKENS}, whose tokens name the topics in \`publish\`, or another hook, or set \`httpPublish: "iam"\` in stacks/settings.ts`,
  },
];

/**
 * Throws if the functions do not decide who may read and publish, on a stage where they must. It only reads their text: to
 * evaluate the files here, the stage's secrets would have to exist.
 */
export function assertDecided(settings: Settings): void {
  if (!settings.mustDecide) return;
  for (const { file, isAsked, isDecided, missing, write } of DECISIONS) {
    if (!isAsked(settings)) continue;
    if (isDecided(readFileSync(path.join($cli.paths.root, file), "utf8"))) continue;
    throw new Error(
      `${file} does not decide ${missing} on the stage ${$app.stage}. ${write} (docs/security.md), and remove \`undecided\`.`,
    );
  }
}
