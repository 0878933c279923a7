/** The TypeScript examples of README, the packages' READMEs and the docs compile as they are written. */
import { globSync, readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { checkExamples } from "../../support/check-examples.ts";
import { repository } from "../../support/client-build.ts";
import { codeBlocks } from "../../support/markdown-sections.ts";

/** The names that the examples use and the text around them explains. */
const GLOBALS = `
import type { Consumer, PubsubConfig } from "lambda-websocket-pubsub";
import type { Authorize, WebsocketEvent } from "lambda-websocket-pubsub/handlers";
import type { LocalStack } from "lambda-websocket-pubsub-local";

declare global {
  const config: PubsubConfig;
  const consumer: Consumer;
  const event: WebsocketEvent;
  const stack: LocalStack;
  const connectionId: string;
  const secret: string;
  const authorize: Authorize;
  function retryLater(publicationId: string): void;
  const previousSecret: string;
  const user: { id: string };
  const Resource: { TopicTokenSecret: { value: string } };
  function isOurOrigin(event: WebsocketEvent): boolean;
  function sessionOf(event: WebsocketEvent): Promise<{ userId: string; endsAt: Date } | undefined>;
  function mayRead(topicId: string | undefined, token: string | undefined): Promise<boolean>;
  function mayWrite(topicId: string | undefined, token: string | undefined): Promise<boolean>;
  function userOf(token: string | undefined): Promise<{ id: string } | undefined>;
  function pubsubConfig(): PubsubConfig;
  namespace sst {
    class Secret {
      constructor(name: string);
    }
  }
}
`;

const read = (file: string): string => readFileSync(`${repository}${file}`, "utf8");

/** With the links of this repository's app, which examples read from the module "sst". */
const globals = `${GLOBALS}\n${read("sst-env.d.ts")}`;

/** Its examples are for a browser. tests/client/readme.test.ts compiles them, in a project for one. */
const IN_A_BROWSER = "packages/client/README.md";

const pages = ["README.md", "packages/*/README.md", "docs/*.md"]
  .flatMap((pattern) => globSync(pattern, { cwd: repository }))
  .filter((page) => page !== IN_A_BROWSER)
  .toSorted();
const examples = pages.flatMap((page) =>
  codeBlocks(read(page), "ts").map((code, index) => ({ example: `example ${index + 1} of ${page}`, code })),
);

const MISSPELT = `import { publishToTopic } from "lambda-websocket-pubsub";
await publishToTopic({ topicId: "room-1", data: "hello", config, publicationID: "1" });`;

let reports: Record<string, string[]>;
beforeAll(() => {
  const modules = examples.map(({ example, code }) => [example, code] as const);
  reports = checkExamples({ ...Object.fromEntries(modules), misspelt: MISSPELT }, globals);
});

it("finds the examples of the READMEs and of the docs", () => {
  expect(examples.map(({ example }) => example)).toEqual(
    expect.arrayContaining(
      ["README.md", "packages/local/README.md", "docs/api.md"].map((page) => `example 1 of ${page}`),
    ),
  );
});

it.each(pages)("marks every TypeScript example of %s as `ts`, the mark of what is compiled", (page) => {
  const text = read(page);
  const fences = text.match(/^[ >]*(```|~~~) *(tsx?|[mc]ts|typescript)\b.*$/gim) ?? [];
  expect(fences).toEqual(codeBlocks(text, "ts").map(() => "```ts"));
});

it.each(examples)("compiles $example as it is written", ({ example }) => {
  expect(reports[example] ?? []).toEqual([]);
});

it("compiles the sources and the names that the examples use", () => {
  expect(reports.other ?? []).toEqual([]);
});

it("does not compile an example that misspells an option", () => {
  expect(reports.misspelt).toEqual([expect.stringContaining("publicationID")]);
});
