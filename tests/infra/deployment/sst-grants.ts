import type { Synthesized } from "../suite.ts";
import { type Grant, X_RAY } from "./deployment.ts";
import { grantsFor } from "./facts.ts";

/** What the roles and the producer's link of a synthesized stage may do, in the words of docs/security.md. */
export function grantsOf(stage: Synthesized): Grant[] {
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
  return granted.flatMap(({ who, ...statement }) =>
    grantsFor(who, [statement], (resource) => names.get(`${who} ${resource}`) ?? resource),
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
