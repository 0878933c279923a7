import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import type { Suite, Synthesized } from "./suite.ts";
import { REPOSITORY } from "./synth/sst-platform.ts";

interface Grant {
  who: string;
  on: string;
  actions: string[];
}

const X_RAY = "X-Ray, while tracing";

/** The table of docs/security.md says what the roles do, and the roles do what it says. */
export const testDocumentedPermissions: Suite = (stage, { tracing }) => {
  it("has its permissions in docs/security.md, all of them and no others", () => {
    const documented = documentedGrants().filter(({ on }) => tracing || on !== X_RAY);
    expect(documented.length).toBeGreaterThan(10);
    expect(sorted(documented)).toEqual(sorted(grantsOf(stage())));
  });
};

function documentedGrants(): Grant[] {
  const text = readFileSync(path.join(REPOSITORY, "docs/security.md"), "utf8");
  const table = text.split("<!-- permissions -->")[1]?.trimStart().split("\n\n")[0] ?? "";
  const [, , ...rows] = table.split("\n");
  return rows.map((row) => {
    const [, who = "", on = "", may = ""] = row.split("|").map((cell) => cell.trim());
    return { who, on, actions: [...may.matchAll(/`([^`]+)`/g)].map(([, action]) => String(action)) };
  });
}

function grantsOf(stage: Synthesized): Grant[] {
  const linked = (stage.synthesis.links.Pubsub?.include ?? []) as {
    actions: string[];
    resources: string[];
  }[];
  const granted = [
    ...Object.entries({ WebsocketRole: "websocket", FanoutRole: "fanout" }).flatMap(([role, who]) =>
      stage
        .role(role)
        .statements.map(({ Action, Resource }) => ({ who, actions: Action, resources: Resource })),
    ),
    ...linked.map(({ actions, resources }) => ({ who: "a producer", actions, resources })),
  ];
  const names = namesOf(stage);
  return granted.flatMap(({ who, actions, resources }) =>
    resources.map((resource) => ({ who, on: names.get(`${who} ${resource}`) ?? resource, actions })),
  );
}

/** What the document calls a resource, by who has it and its ARN: each function has a log group of its own. */
function namesOf(stage: Synthesized): ReadonlyMap<string, string> {
  const table = stage.arn("table");
  const shared = {
    [table]: "table",
    [`${table}/index/SecondaryIndex`]: "index",
    [stage.arn("queue", "FanoutQueueQueue")]: "fan-out queue",
    [stage.arn("queue", "DeadLetterQueueQueue")]: "dead-letter queue",
    [`${stage.one("api").outputs.executionArn}/$default/POST/@connections/*`]: "connections of the stage",
    "*": X_RAY,
  };
  const logs = { websocket: "WebsocketLogs", fanout: "FanoutLogs" };
  return new Map([
    ...["websocket", "fanout", "a producer"].flatMap((who) =>
      Object.entries(shared).map(([arn, name]): [string, string] => [`${who} ${arn}`, name]),
    ),
    ...Object.entries(logs).map(([who, group]): [string, string] => [
      `${who} ${stage.arn("logGroup", group)}:*`,
      "its log group",
    ]),
  ]);
}

const sorted = (grants: readonly Grant[]): string[] =>
  grants.map(({ who, on, actions }) => `${who} | ${on} | ${actions.toSorted().join(" ")}`).toSorted();
