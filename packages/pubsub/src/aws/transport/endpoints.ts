import { uriEncoded } from "./request-signer.ts";

/** Where requests go: a URL, taken apart once. */
export interface Endpoint {
  secure: boolean;
  hostname: string;
  port: number;
  /** As the Host header has it. */
  host: string;
  /** Encoded once, as it is sent: `/%24default`. */
  path: string;
  /** The region that the host names, if any. */
  region?: string;
}

/** `https://{id}.execute-api.{region}.amazonaws.com`, also in the partitions whose domain is longer. */
const EXECUTE_API = /\.execute-api(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:amazonaws|api\.aws)/;

/** Whether a host is the one that AWS gives an API, and no custom domain. */
export const isExecuteApi = (hostname: string): boolean => EXECUTE_API.test(hostname);

/** Takes a management endpoint apart. Throws a TypeError for text that is not an HTTP URL. */
export function parseEndpoint(endpoint: string): Endpoint {
  const { protocol, hostname, port, host, pathname } = new URL(endpoint);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError(`not an HTTP URL: ${endpoint}`);
  const secure = protocol === "https:";
  const segments = pathname.split("/").filter((segment) => segment !== "");
  const [, region] = EXECUTE_API.exec(hostname) ?? [];
  return {
    secure,
    hostname: withoutBrackets(hostname),
    port: port === "" ? usualPort(secure) : Number(port),
    host,
    path: segments.map((segment) => `/${uriEncoded(decodeURIComponent(segment))}`).join(""),
    ...(region !== undefined && { region }),
  };
}

/** A request of the SDK that is ready to be signed. */
export interface ReadyRequest {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  query?: Record<string, unknown> | undefined;
}

/** A path that is signed as it is: without `..`, `//` or anything that would be encoded. */
const PLAIN_PATH = /^\/(?:[\w-][\w.-]*\/)*(?:[\w-][\w.-]*)?$/;

/**
 * Returns where the SDK sends a request, or undefined if the direct path cannot make it: for example with a query, or
 * to a host of which a part is encoded.
 */
export function endpointOfRequest({
  protocol,
  hostname,
  port,
  path,
  query = {},
}: ReadyRequest): Endpoint | undefined {
  const secure = protocol === "https:";
  if ((!secure && protocol !== "http:") || !/^[\w.:[\]-]+$/.test(hostname)) return undefined;
  if (!PLAIN_PATH.test(path) || Object.keys(query).length > 0) return undefined;
  const usual = usualPort(secure);
  const host = port === undefined || port === usual ? hostname : `${hostname}:${port}`;
  return { secure, hostname: withoutBrackets(hostname), port: port ?? usual, host, path };
}

const usualPort = (secure: boolean): number => (secure ? 443 : 80);

/** An IPv6 address is in brackets in a URL, and nowhere else. */
const withoutBrackets = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1");
