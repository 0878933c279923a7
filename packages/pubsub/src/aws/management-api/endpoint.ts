import { uriEncoded } from "../transport/sigv4.ts";

/** A management endpoint, taken apart once. */
export interface ManagementEndpoint {
  secure: boolean;
  hostname: string;
  port: number;
  /** As the Host header has it. */
  host: string;
  /** Of the stage, encoded once: `/%24default`. */
  path: string;
  /** That its host names; the caller's own otherwise. */
  region?: string;
}

/** `https://{id}.execute-api.{region}.amazonaws.com`, also in the partitions whose domain goes on. */
const EXECUTE_API = /\.execute-api(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:amazonaws|api\.aws)/;

/** Throws a TypeError for what is no HTTP URL. */
export function parseManagementEndpoint(endpoint: string): ManagementEndpoint {
  const { protocol, hostname, port, host, pathname } = new URL(endpoint);
  if (protocol !== "https:" && protocol !== "http:") throw new TypeError(`not an HTTP URL: ${endpoint}`);
  const secure = protocol === "https:";
  const segments = pathname.split("/").filter((segment) => segment !== "");
  const [, region] = EXECUTE_API.exec(hostname) ?? [];
  return {
    secure,
    // An IPv6 address is in brackets in a URL, and nowhere else
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (secure ? 443 : 80) : Number(port),
    host,
    path: segments.map((segment) => `/${uriEncoded(decodeURIComponent(segment))}`).join(""),
    ...(region !== undefined && { region }),
  };
}
