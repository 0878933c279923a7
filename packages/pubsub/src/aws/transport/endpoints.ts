/** Where requests go: a URL, taken apart once. */
export interface Endpoint {
  secure: boolean;
  hostname: string;
  port: number;
  /** As the Host header has it. */
  host: string;
  /** As it is sent: `/$default`. Empty for the root. */
  path: string;
  /** The region that the host names, if any. */
  region?: string;
}

/**
 * The domains under which AWS runs APIs: of each partition the usual one and the one for IPv4 and IPv6, as in the SDK's
 * list of partitions. https://docs.aws.amazon.com/general/latest/gr/apigateway.html
 */
const AWS_DOMAINS = [
  "amazonaws.com",
  "api.aws",
  "amazonaws.com.cn",
  "api.amazonwebservices.com.cn",
  "amazonaws.eu",
  "api.amazonwebservices.eu",
  "c2s.ic.gov",
  "api.aws.ic.gov",
  "sc2s.sgov.gov",
  "api.aws.scloud",
  "cloud.adc-e.uk",
  "api.cloud-aws.adc-e.uk",
  "csp.hci.ic.gov",
  "api.aws.hci.ic.gov",
];

/**
 * `{api}.execute-api.{region}.amazonaws.com`, also with FIPS, and with the API's name at an interface VPC endpoint:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html
 */
const EXECUTE_API = new RegExp(
  "^[a-z0-9]{1,63}(?:-vpce-[0-9a-f]{1,32})?\\.execute-api(?:-fips)?\\.([a-z]{2,}(?:-[a-z]+)+-\\d+)\\." +
    `(?:${AWS_DOMAINS.map((domain) => domain.replaceAll(".", "\\.")).join("|")})$`,
);

/**
 * Whether a host is one that AWS gives to APIs, and no custom domain. The name must be as API Gateway's events have it:
 * in lower case, without a port or a final dot.
 */
export const isExecuteApi = (hostname: string): boolean => EXECUTE_API.test(hostname);

/**
 * Takes a management endpoint apart. Throws a TypeError for text that is not an HTTP URL. The path stays as the URL has
 * it, because the SDK sends it like that. AWS does not document whether API Gateway decodes a path before it looks for
 * the stage or the mapping key, so another form of the same characters might not be found.
 */
export function parseEndpoint(endpoint: string): Endpoint {
  const { protocol, hostname, port, host, pathname } = new URL(endpoint);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError(`not an HTTP URL: ${endpoint}`);
  const secure = protocol === "https:";
  const [, region] = EXECUTE_API.exec(hostname) ?? [];
  return {
    secure,
    hostname: withoutBrackets(hostname),
    port: port === "" ? usualPort(secure) : Number(port),
    host,
    path: pathname === "/" ? "" : pathname,
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
