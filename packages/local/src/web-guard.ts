import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { OptionRule } from "./options/option-rules.ts";

/**
 * Keeps web pages away from the stack's ports. A page that a developer has open can send requests to loopback, and every
 * secret of this stack is public.
 */
export interface WebGuard {
  /** Returns why a request to an API is refused, or undefined. No page may send one. */
  refuseRequest(headers: IncomingHttpHeaders): string | undefined;
  /** The same for a WebSocket handshake, which pages of this machine may send. */
  refuseHandshake(headers: IncomingHttpHeaders): string | undefined;
  /** The same for a port that serves a page of its own: that page may send requests, and no other one. */
  refuseOwnPage(headers: IncomingHttpHeaders): string | undefined;
}

export interface WebGuardOptions {
  /** The address that the server listens on, which may be a name. */
  host?: string | undefined;
  allowedHosts?: readonly string[] | undefined;
  allowedOrigins?: readonly string[] | undefined;
}

export function createWebGuard({
  host,
  allowedHosts = [],
  allowedOrigins = [],
}: WebGuardOptions = {}): WebGuard {
  const names = new Set(["localhost", ...allowedHosts, ...(host === undefined ? [] : [host])].map(lowerCase));
  const origins = new Set(allowedOrigins.map(lowerCase));

  /**
   * DNS rebinding: a page's own name suddenly has the address 127.0.0.1, so that the browser takes this port for the
   * page's own server. The name is still in the Host header. An address there, or a name that is always this machine,
   * cannot have been rebound.
   */
  function refuseHost({ host: header = "" }: IncomingHttpHeaders): string | undefined {
    const name = nameOf(header);
    if (isIP(name) > 0 || name.endsWith(".localhost") || names.has(name)) return undefined;
    return (
      `The local stack responds to localhost and to addresses, not to the host ${quoted(header)}. ` +
      "To allow a name, give it to --allow-host or the option allowedHosts."
    );
  }

  return {
    refuseRequest(headers) {
      const { origin, "sec-fetch-site": site } = headers;
      const refusal = refuseHost(headers);
      if (refusal !== undefined) return refusal;
      // Browsers name no origin for an image or a form with GET. They then say that the request is no one's own typing
      if (origin === undefined && (site === undefined || site === "none")) return undefined;
      return `Web pages may not call this port; this request is of ${quoted(origin ?? "a page")}.`;
    },
    refuseOwnPage(headers) {
      const { origin, host: header = "", "sec-fetch-site": site, "sec-fetch-mode": mode } = headers;
      const refusal = refuseHost(headers);
      if (refusal !== undefined) return refusal;
      // A link in another page opens this one in a tab. The other page sees nothing of it
      if (origin === undefined && mode === "navigate" && headers["sec-fetch-dest"] === "document") {
        return undefined;
      }
      const isSameSite = site === undefined || site === "same-origin" || site === "none";
      const isSame = origin === undefined || lowerCase(origin) === `http://${lowerCase(header)}`;
      if (isSameSite && isSame) return undefined;
      return `Other pages may not call this port; this request is of ${quoted(origin ?? "a page")}.`;
    },
    refuseHandshake(headers) {
      const { origin, host: header = "" } = headers;
      const refusal = refuseHost(headers);
      if (refusal !== undefined || origin === undefined) return refusal;
      const isSame = /^https?:\/\//i.test(origin) && lowerCase(origin).endsWith(`//${lowerCase(header)}`);
      if (isSame || isOfThisMachine(origin) || origins.has(lowerCase(origin))) return undefined;
      return (
        `Pages of ${quoted(origin)} may not connect to the local stack. ` +
        "To allow them, give the origin to --allow-origin or the option allowedOrigins."
      );
    },
  };
}

const lowerCase = (text: string): string => text.toLowerCase();

/** Returns the name or address in a Host header, without its port, brackets and final dot. */
function nameOf(header: string): string {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(header) ?? [];
  return lowerCase(name)
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}

/** Development servers on this machine, on any port. */
function isOfThisMachine(origin: string): boolean {
  const [, authority] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  if (authority === undefined) return false;
  const name = nameOf(authority);
  const isLoopback = (isIP(name) === 4 && name.startsWith("127.")) || name === "::1";
  return isLoopback || name === "localhost" || name.endsWith(".localhost");
}

const SHOWN_CHARACTERS = 100;

/** A header of a stranger, for an error message. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, SHOWN_CHARACTERS));

const listOf = (expected: string, fits: (item: string) => boolean): OptionRule => ({
  expected,
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string" && fits(item)),
});

export const allowedHostsRule: OptionRule = listOf(
  "an array of names without ports, such as host.docker.internal",
  (name) => /^[\w.-]+$/.test(name),
);

export const allowedOriginsRule: OptionRule = listOf(
  'an array of origins, such as https://app.example:8443, or "null"',
  (origin) => origin === "null" || (URL.canParse(origin) && new URL(origin).origin === origin),
);
