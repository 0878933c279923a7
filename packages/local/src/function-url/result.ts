import { isRecord } from "../options/option-rules.ts";

export interface HttpAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/**
 * Turns what the function returned into a response, or returns undefined if AWS would call it malformed. Anything without a
 * `statusCode` is the body of a response with 200.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
 */
export function toHttpAnswer(returned: unknown): HttpAnswer | undefined {
  if (!isRecord(returned) || returned.statusCode === undefined) {
    const text = JSON.stringify(returned);
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(text) };
  }
  const { statusCode, headers = {}, body = "", cookies = [], isBase64Encoded } = returned;
  const status = Number(statusCode);
  const isValid =
    Number.isInteger(status) &&
    status >= 100 &&
    status <= 599 &&
    typeof body === "string" &&
    isRecord(headers) &&
    Object.values(headers).every((value) => /^(string|number|boolean)$/.test(typeof value)) &&
    Array.isArray(cookies) &&
    cookies.every((cookie) => typeof cookie === "string");
  if (!isValid) return undefined;
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    status,
    headers: {
      "content-type": "application/json",
      ...Object.fromEntries(own.filter(([name]) => !OWN_HEADERS.test(name))),
      ...(cookies.length > 0 && { "set-cookie": cookies as string[] }),
    },
    body: Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8"),
  };
}

/** The server sets these itself. */
const OWN_HEADERS = /^(connection|content-length|date|keep-alive|transfer-encoding)$/;
