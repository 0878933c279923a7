import type { Synthesized } from "../suite.ts";
import { conditionsIn } from "./conditions.ts";
import { type Grant, X_RAY } from "./deployment.ts";
import { grantsFor } from "./facts.ts";

type Statement = Parameters<typeof grantsFor>[1][number];

const ROLES = { websocket: "Websocket", fanout: "Fanout" } as const;
const PUBLISHERS = { publish: "Publish", "http publish": "HttpPublish" } as const;

/**
 * Returns the permissions of a synthesized stage's roles and of the producer's link, in the terms of docs/security.md.
 */
export function grantsOf(stage: Synthesized): Grant[] {
  const linked = (stage.synthesis.links.Pubsub?.include ?? []) as Statement[];
  return [...grantsOfRoles(stage, ROLES), ...grantsFor("a producer", linked, namesOf(stage))];
}

/** The same of the functions that exist only where clients, or callers of a URL, may publish. */
export const publisherGrantsOf = (stage: Synthesized): Grant[] => grantsOfRoles(stage, PUBLISHERS);

const grantsOfRoles = (stage: Synthesized, roles: Readonly<Record<string, string>>): Grant[] =>
  Object.entries(roles).flatMap(([who, id]) => {
    if (!stage.all("role").some(({ name }) => name === `${id}Role`)) return [];
    const statements = stage.role(`${id}Role`).statements.map(({ Action, Resource, Condition }) => ({
      actions: Action,
      resources: Resource,
      conditions: conditionsIn(Condition),
    }));
    return grantsFor(who, statements, namesOf(stage, `${id}Logs`));
  });

/** Names an ARN as the document does. Each function has its own log group. */
function namesOf(stage: Synthesized, logGroup?: string): (resource: string) => string {
  const table = stage.arn("table");
  const { executionArn } = stage.one("api").outputs;
  const names = new Map([
    [table, "table"],
    [`${table}/index/SecondaryIndex`, "index"],
    [stage.arn("queue", "FanoutQueueQueue"), "fan-out queue"],
    [stage.arn("queue", "DeadLetterQueueQueue"), "dead-letter queue"],
    [`${executionArn}/$default/POST/@connections/*`, "connections of the stage"],
    [`${executionArn}/$default/DELETE/@connections/*`, "closing connections"],
    ["*", X_RAY],
  ]);
  if (logGroup !== undefined) names.set(`${stage.arn("logGroup", logGroup)}:*`, "its log group");
  return (resource) => names.get(resource) ?? resource;
}
