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
}

/** The entries that an error message lists. */
const ENTRIES_SHOWN = 5;

/**
 * Returns where posts to a consumer go. The returned function throws for a consumer without an endpoint: one that a
 * record does not list, or one whose domain and stage do not make a URL.
 */
export function createRoutes(
  managementEndpoint: ManagementEndpoint | undefined,
): (consumer: Address) => Route {
  if (typeof managementEndpoint === "object") return listedRoutes(managementEndpoint);
  return (consumer) => {
    const single = managementEndpoint ?? configuredEndpoint("APIGATEWAYMANAGEMENTAPI");
    const endpoint = single ?? defaultEndpoint(consumer);
    return { endpoint, isOwn: namesApi(endpoint, consumer) };
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
    throw new TypeError(`config.managementEndpoint has no entry for ${name}; it has ${known}${more}`);
  };
}

/** Domain names have no case, but stages do. */
function withLowerCaseDomain(name: string): string {
  const slash = name.indexOf("/");
  return name.slice(0, slash).toLowerCase() + name.slice(slash);
}

/** Without this check, a stage like `..` or a domain name with a path would lead posts to another endpoint. */
function defaultEndpoint({ domainName, stage }: Address): string {
  const endpoint = `https://${domainName}/${encodeURIComponent(stage)}`;
  const { host, pathname } = new URL(endpoint);
  if (host === domainName.toLowerCase() && pathname === `/${encodeURIComponent(stage)}` && stage !== "") {
    return endpoint;
  }
  throw new TypeError(`no endpoint: https://${domainName}/${stage}`);
}

/**
 * Whether an endpoint consists of the API's own domain and stage. At a custom domain the path is the key of a mapping,
 * which can be the name of another API's stage, so there the name proves nothing.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-mappings.html
 */
function namesApi(endpoint: string, { domainName, stage }: Address): boolean {
  const { hostname, host, path } = parseEndpoint(endpoint);
  if (!isExecuteApi(hostname) && !isThisMachine(hostname)) return false;
  return host === domainName.toLowerCase() && path === `/${uriEncoded(stage)}`;
}

/** The local stack. A custom domain has a name, and never an address. */
const isThisMachine = (hostname: string): boolean => hostname === "localhost" || isIP(hostname) !== 0;
