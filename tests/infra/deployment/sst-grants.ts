import type { Synthesized } from "../suite.ts";
import { type Condition, conditionsIn } from "./conditions.ts";
import { type Grant, X_RAY } from "./deployment.ts";
import { grantsFor } from "./facts.ts";

/**
 * Returns the permissions of a synthesized stage's roles and of the producer's link, in the terms of docs/security.md.
 */
export function grantsOf(stage: Synthesized): Grant[] {
  const linked = (stage.synthesis.links.Pubsub?.include ?? []) as {
    actions: string[];
    resources: string[];
    conditions?: Condition[];
  }[];
  const granted = [
    ...Object.entries({ WebsocketRole: "websocket", FanoutRole: "fanout" }).flatMap(([role, who]) =>
      stage.role(role).statements.map(({ Action, Resource, Condition: condition }) => ({
        who,
        actions: Action,
        resources: Resource,
        conditions: conditionsIn(condition),
      })),
    ),
    ...linked.map(({ actions, resources, conditions = [] }) => ({
      who: "a producer",
      actions,
      resources,
      conditions,
    })),
  ];
  const names = namesOf(stage);
  return granted.flatMap(({ who, ...statement }) =>
    grantsFor(who, [statement], (resource) => names.get(`${who} ${resource}`) ?? resource),
  );
}

/** Returns the document's name for an ARN. It depends on the role too, because each function has its own log group. */
function namesOf(stage: Synthesized): ReadonlyMap<string, string> {
  const table = stage.arn("table");
  const shared = {
    [table]: "table",
    [`${table}/index/SecondaryIndex`]: "index",
    [stage.arn("queue", "FanoutQueueQueue")]: "fan-out queue",
    [stage.arn("queue", "DeadLetterQueueQueue")]: "dead-letter queue",
    [`${stage.one("api").outputs.executionArn}/$default/POST/@connections/*`]: "connections of the stage",
    [`${stage.one("api").outputs.executionArn}/$default/DELETE/@connections/*`]: "closing connections",
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
