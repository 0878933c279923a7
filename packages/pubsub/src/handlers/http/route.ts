import { PubsubError } from "../../core/errors.ts";
import { assertTopicId } from "../../core/ids.ts";
import { reservedProblem } from "../../core/reserved-topics.ts";
import { type HttpEvent, textOf } from "./http-types.ts";
import { HttpProblem } from "./problem.ts";

/** What can be requested. `path` is as the document has it, for the log. */
export const ROUTES = {
  publish: { method: "POST", resource: "events", action: "PUBLISH", path: "/topics/{id}/events" },
  read: { method: "GET", resource: "events", action: "SUBSCRIBE", path: "/topics/{id}/events" },
  position: { method: "GET", resource: "position", action: "SUBSCRIBE", path: "/topics/{id}/position" },
} as const;

export type RouteName = keyof typeof ROUTES;

export interface Routed {
  route: RouteName;
  topicId: string;
}

const NAMES = Object.keys(ROUTES) as RouteName[];

/** An id that an HTTP API has decoded can contain slashes, so that the last segment decides. */
const PATH = /^\/topics\/(.+)\/(events|position)$/s;

const HELP = "there are POST and GET /topics/{id}/events, and GET /topics/{id}/position";

/** Throws 404, 405, or `INVALID_TOPIC_ID`. Messages do not repeat the path, because they go into the log. */
export function routeOf(event: HttpEvent, basePath: string): Routed {
  const match = PATH.exec(pathWithin(event, basePath) ?? "");
  if (!match) throw new HttpProblem(404, "NOT_FOUND", `nothing is at this path; ${HELP}`);
  const [, id = "", resource] = match;
  const here = NAMES.filter((name) => ROUTES[name].resource === resource);
  const method = event.requestContext?.http?.method;
  const route = here.find((name) => ROUTES[name].method === method);
  if (route === undefined) {
    const allow = here.map((name) => ROUTES[name].method).join(", ");
    const message = `the method must be ${allow.replace(", ", " or ")}; got another`;
    throw new HttpProblem(405, "METHOD_NOT_ALLOWED", message, { headers: { allow } });
  }
  const topicId = isFunctionUrl(event) ? decoded(id) : id;
  assertTopicId(topicId);
  const reserved = reservedProblem(topicId);
  if (reserved) throw new PubsubError("INVALID_TOPIC_ID", reserved);
  return { route, topicId };
}

/** An HTTP API puts the name of a stage, and the key of a custom domain's mapping, in front of the path. */
function pathWithin({ rawPath: raw, requestContext }: HttpEvent, basePath: string): string | undefined {
  const rawPath = textOf(raw);
  const stage = textOf(requestContext?.stage);
  const prefix = stage === "" || stage === "$default" ? "" : `/${stage}`;
  const path = rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath;
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}

/**
 * A function URL passes the path as the client encoded it. An HTTP API passes it decoded, and cuts it at a decoded `?`.
 * Decoding it once more would make `50%25` another topic. AWS documents neither; others recorded events of both:
 * https://github.com/hotsock/voker/pull/8, https://github.com/fastify/aws-lambda-fastify/issues/169
 */
const isFunctionUrl = ({ requestContext }: HttpEvent): boolean =>
  textOf(requestContext?.domainName).includes(".lambda-url.");

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw new PubsubError(
      "INVALID_TOPIC_ID",
      "the topic's id in the path must be percent-encoded UTF-8; got another encoding",
    );
  }
}
