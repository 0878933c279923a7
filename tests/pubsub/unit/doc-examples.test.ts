/** The TypeScript examples of the docs compile as they are written. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkExamples } from "../../support/check-examples.ts";
import { repository } from "../../support/client-build.ts";
import { codeBlocks } from "../../support/markdown-sections.ts";

/** The names that the examples use and the text around them explains. */
const GLOBALS = `
import type { Consumer, PubsubConfig } from "lambda-websocket-pubsub";
import type { WebsocketEvent } from "lambda-websocket-pubsub/handlers";

declare global {
  const config: PubsubConfig;
  const consumer: Consumer;
  const event: WebsocketEvent;
  const secret: string;
  const previousSecret: string;
  const user: { id: string };
  const Resource: { TopicTokenSecret: { value: string } };
  function isOurOrigin(event: WebsocketEvent): boolean;
  function mayRead(topicId: string | undefined, token: string | undefined): Promise<boolean>;
  function pubsubConfig(): PubsubConfig;
  namespace sst {
    class Secret {
      constructor(name: string);
    }
  }
}
`;

const pages = ["docs/api.md", "docs/security.md"].map((page) => ({
  page,
  examples: codeBlocks(readFileSync(`${repository}${page}`, "utf8"), "ts"),
}));

it.each(pages)(
  "should compile the $examples.length examples of $page as they are written",
  ({ examples }) => {
    expect(examples.length).toBeGreaterThan(3);
    expect(checkExamples(examples, GLOBALS)).toEqual([]);
  },
);

it("should not compile an example that misspells an option", () => {
  const misspelt = `import { publishToTopic } from "lambda-websocket-pubsub";
await publishToTopic({ topicId: "room-1", data: "hello", config, publicationID: "1" });`;
  expect(checkExamples([misspelt], GLOBALS)).toEqual([expect.stringContaining("publicationID")]);
});
