import { isIP } from "node:net";
import type { Consumer } from "../../core/types.ts";
import { configuredEndpoint } from "../sdk/configured-endpoint.ts";
import { isExecuteApi, parseEndpoint } from "../transport/endpoints.ts";
import { uriEncoded } from "../transport/request-signer.ts";

/** One endpoint for all consumers, or one for each `{domainName}/{stage}`. */
export type ManagementEndpoint = string | Readonly<Record<string, string>>;

type Address = Pick<Consumer, "domainName" | "stage">;

export interface Route {
  endpoint: string;
  /** Whether it is certain that this is the endpoint of the consumer's own API. */
  isOwn: boolean;
  /** Whether the endpoint was made of the consumer's own names, and nobody configured it. */
  isDefault?: true;
}

/** The entries that an error message lists. */
const ENTRIES_SHOWN = 5;

/**
 * Returns where posts to a consumer go. The returned function throws for a consumer without an endpoint: one that a
 * record does not list or, without any configured endpoint, one whose domain is not a host of API Gateway. A request
 * contains the payload and the signer's session token, so a row in the table must not be able to choose its host
 * (docs/decisions/0024-hosts-that-are-posted-to.md).
 */
export function createRoutes(
  managementEndpoint: ManagementEndpoint | undefined,
): (consumer: Address) => Route {
  if (typeof managementEndpoint === "object") return listedRoutes(managementEndpoint);
  return (consumer) => {
    const single = managementEndpoint ?? configuredEndpoint("APIGATEWAYMANAGEMENTAPI");
    if (single === undefined) return { endpoint: defaultEndpoint(consumer), isOwn: true, isDefault: true };
    return { endpoint: single, isOwn: namesApi(single, consumer) };
  };
}

/** Whoever writes an entry says whose endpoint it is. */
function listedRoutes(listed: Readonly<Record<string, string>>): (consumer: Address) => Route {
  const names = Object.keys(listed);
  const endpoints = new Map(names.map((name) => [withLowerCaseDomain(name), listed[name]]));
  return ({ domainName, stage }) => {
    const name = `${domainName}/${stage}`;
    const endpoint = endpoints.get(withLowerCaseDomain(name));
    if (endpoint !== undefined) return { endpoint, isOwn: true };
    const known = names.slice(0, ENTRIES_SHOWN).join(", ");
    const more = names.length > ENTRIES_SHOWN ? ` and ${names.length - ENTRIES_SHOWN} more` : "";
    throw new TypeError(`config.managementEndpoint has no entry for ${shown(name)}; it has ${known}${more}`);
  };
}

/** Domain names have no case, but stages do. */
function withLowerCaseDomain(name: string): string {
  const slash = name.indexOf("/");
  return name.slice(0, slash).toLowerCase() + name.slice(slash);
}

/** https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html */
const STAGE = /^(?:\$default|[\w-]{1,128})$/;

/** Without these checks, a domain of any host, or a stage like `..`, would lead posts to another endpoint. */
function defaultEndpoint({ domainName, stage }: Address): string {
  if (!isExecuteApi(domainName)) {
    throw new TypeError(
      `${shown(domainName)} is not a host of API Gateway: config.managementEndpoint must name the endpoint of ` +
        "connections at a custom domain or a local stack",
    );
  }
  if (!STAGE.test(stage)) throw new TypeError(`no API has a stage ${shown(stage)}`);
  return `https://${domainName}/${stage}`;
}

/** API Gateway gives out ids in base 64. Other characters can be a path or a query at a server that decodes a URL. */
const CONNECTION_ID = /^[\w+/=-]{1,128}$/;

/** Returns why no connection of API Gateway can have this id, or undefined. */
export const connectionIdProblem = (connectionId: string): string | undefined =>
  CONNECTION_ID.test(connectionId) ? undefined : `no connection has the id ${shown(connectionId)}`;

/** The longest domain name has 253 characters. A row can contain more. */
const SHOWN_MAX = 300;

const shown = (name: string): string => (name.length > SHOWN_MAX ? `${name.slice(0, SHOWN_MAX)}…` : name);

/**
 * Whether an endpoint consists of the API's own domain and stage. At a custom domain the path is the key of a mapping,
 * which can be the name of another API's stage, so there the name proves nothing.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-mappings.html
 */
function namesApi(endpoint: string, { domainName, stage }: Address): boolean {
  const { hostname, host, path } = parseEndpoint(endpoint);
  if (!isExecuteApi(hostname) && !isThisMachine(hostname)) return false;
  const written = path.replace(/\/$/, "");
  return host === domainName.toLowerCase() && [`/${stage}`, `/${uriEncoded(stage)}`].includes(written);
}

/** The local stack. A custom domain has a name, and never an address. */
const isThisMachine = (hostname: string): boolean => hostname === "localhost" || isIP(hostname) !== 0;
