import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import type { Suite } from "./suite.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";

/** Calls whose permission has a different name. */
const PERMISSION_OF: Record<string, string> = {
  TransactWriteItems: "PutItem",
  SendMessageBatch: "SendMessage",
  DeleteMessageBatch: "DeleteMessage",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
};

/** The actions that Lambda performs with the function's role to poll the queue. */
const LAMBDAS_OWN = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];

/** The actions that the library performs with an operator's own role: it reads, returns and removes dead letters. */
const OPERATORS_OWN = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"];

export const testAwsCalls: Suite = (stage) => {
  it("grants all permissions that the library's commands need, and no others", () => {
    const roles = ["WebsocketRole", "FanoutRole"].flatMap((name) => stage().role(name).statements);
    const linked = (stage().synthesis.links.Pubsub?.include ?? []) as { actions: string[] }[];
    const granted = [...roles.flatMap(({ Action }) => Action), ...linked.flatMap(({ actions }) => actions)];
    const ofClients = granted.filter((action) => /^(dynamodb|sqs):/.test(action));
    const needed = sentCommands().map((command) => PERMISSION_OF[command] ?? command);
    const wanted = needed.filter((action) => !OPERATORS_OWN.includes(action));
    expect(namesOf(ofClients.filter((action) => !LAMBDAS_OWN.includes(action)))).toEqual(namesOf(wanted));
    expect(needed).toEqual(expect.arrayContaining(OPERATORS_OWN));
  });
};

const namesOf = (actions: readonly string[]): string[] =>
  [...new Set(actions.map((action) => action.replace(/^\w+:/, "")))].sort();

/** The DynamoDB and SQS commands in the library's source. Calls of connections need `execute-api:ManageConnections`. */
function sentCommands(): string[] {
  const source = path.join(REPOSITORY, "packages/pubsub/src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(path.join(source, file), "utf8");
    return [...text.matchAll(/new (\w+)Command\(/g)]
      .map(([, name]) => String(name))
      .filter((name) => name !== "PostToConnection" && name !== "DeleteConnection");
  });
}
