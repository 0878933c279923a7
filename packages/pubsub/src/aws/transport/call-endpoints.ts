/** Where the SDK sends a call. */
export interface CallEndpoint {
  secure: boolean;
  hostname: string;
  port: number;
  host: string;
  path: string;
}

/** A request as the SDK has it ready to be signed. */
export interface ReadyRequest {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  query?: Record<string, unknown> | undefined;
}

/** A path that is signed as it stands: without `..`, `//` or anything that would be encoded. */
const PLAIN_PATH = /^\/(?:[\w-][\w.-]*\/)*(?:[\w-][\w.-]*)?$/;

/** Nothing for a request that the direct way can't make: with a query, say, or a host of which one part is encoded. */
export function endpointOf({
  protocol,
  hostname,
  port,
  path,
  query = {},
}: ReadyRequest): CallEndpoint | undefined {
  const secure = protocol === "https:";
  if ((!secure && protocol !== "http:") || !/^[\w.:[\]-]+$/.test(hostname)) return undefined;
  if (!PLAIN_PATH.test(path) || Object.keys(query).length > 0) return undefined;
  const usual = secure ? 443 : 80;
  const host = port === undefined || port === usual ? hostname : `${hostname}:${port}`;
  return { secure, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port: port ?? usual, host, path };
}
