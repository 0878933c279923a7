import { isRecord } from "../options/option-rules.ts";

/** The routes that API Gateway chooses by what happens to a connection, and the one for messages that fit no other. */
export const CONNECT = "$connect";
export const DISCONNECT = "$disconnect";
export const DEFAULT = "$default";

/**
 * Selects the route of a client's message by the selection expression `$request.body.action`, as API Gateway does: the
 * route whose key is exactly the evaluated value, or else `$default`. Returns undefined if there is neither, which API
 * Gateway answers with "Forbidden". `custom` are the route keys besides the predefined ones.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 *
 * AWS does not document three cases. A predefined key as the `action` selects `$default` here. Of two `action` members
 * the last one counts, as for most parsers (RFC 8259, section 4). A binary message counts as one that is not JSON.
 */
export function selectRoute(
  routes: ReadonlySet<string>,
  { data, isBinary }: { data: Buffer; isBinary: boolean },
): string | undefined {
  const asked = isBinary || !hasCustom(routes) ? undefined : actionIn(data);
  if (asked !== undefined && !isPredefined(asked) && routes.has(asked)) return asked;
  return routes.has(DEFAULT) ? DEFAULT : undefined;
}

/** A `$` is reserved for the predefined routes. */
export const isPredefined = (routeKey: string): boolean => routeKey.startsWith("$");

/** An API without custom routes must not pay for parsing. */
const hasCustom = (routes: ReadonlySet<string>): boolean => [...routes].some((key) => !isPredefined(key));

/**
 * API Gateway turns the value of a path into a string: an array becomes "[item1, item2]". No route has such a key, so only
 * strings are compared here. A path that is not found is the empty string.
 */
function actionIn(data: Buffer): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
  const action = isRecord(body) && Object.hasOwn(body, "action") ? body.action : undefined;
  return typeof action === "string" ? action : undefined;
}
