/** An HTTP/1.1 response, as far as this library reads it. */
export interface HttpResponse {
  status: number;
  /** The value of `x-amzn-errortype`, or an empty string. */
  errorType: string;
  body: string;
  /** Whether another request can follow on the connection. */
  reusable: boolean;
}

/** What has been received: a whole response, the beginning of one, or something that is not HTTP. */
export type ReadResponse = HttpResponse | "incomplete" | { problem: string };

/** Our own limit: a response to a post has a few hundred bytes. A longer one than this is not read to its end. */
export const MAX_RESPONSE_CHARACTERS = 65_536;

const END_OF_HEAD = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** Reads the text received so far for one request, one character a byte. It never throws. */
export function readResponse(
  received: string,
  maxCharacters: number = MAX_RESPONSE_CHARACTERS,
): ReadResponse {
  const read = readSoFar(received, maxCharacters);
  return "missing" in read ? "incomplete" : read;
}

/** Reads a response that arrives in pieces. After a whole response it begins with the next one. */
export interface ResponseReader {
  read(piece: string): ReadResponse;
}

/**
 * It parses the text only when the response can be whole. A megabyte arrives in a hundred pieces over TLS, and parsing
 * all of it for each piece took six times as long as using it.
 */
export function createResponseReader(maxCharacters?: number): ResponseReader {
  let received = "";
  let wanted = 0;
  return {
    read(piece) {
      received += piece;
      if (received.length < wanted) return "incomplete";
      const read = readSoFar(received, maxCharacters);
      if ("missing" in read) {
        wanted = received.length + read.missing;
        return "incomplete";
      }
      received = "";
      wanted = 0;
      return read;
    },
  };
}

/** For the beginning of a response: how many more characters follow at least. */
type ReadSoFar = HttpResponse | Incomplete | { problem: string };
interface Incomplete {
  missing: number;
}

function readSoFar(received: string, maxCharacters: number = MAX_RESPONSE_CHARACTERS): ReadSoFar {
  if (received.length > maxCharacters) return { problem: "a response that does not end" };
  for (let text = received; ; ) {
    if (!"HTTP/1.".startsWith(text.slice(0, 7))) return { problem: "a response that is not HTTP/1" };
    const headEnd = text.indexOf(END_OF_HEAD);
    if (headEnd < 0) return { missing: 1 };
    const [, minor, status] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r|$)/.exec(text) ?? [];
    if (status === undefined) return { problem: "a malformed status line" };
    const bodyStart = headEnd + END_OF_HEAD.length;
    if (Number(status) >= 200) {
      const header = headersOf(text.slice(0, headEnd + 2));
      const head = { status: Number(status), errorType: header("x-amzn-errortype") ?? "" };
      const keepAlive = minor === "1" && !closes(header("connection"));
      return readBody({ text, start: bodyStart, maxCharacters }, header, head, keepAlive);
    }
    // A 1xx comes before the final response
    text = text.slice(bodyStart);
  }
}

/** A list: `keep-alive, close` closes too. */
const closes = (connection = ""): boolean => /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);

function readBody(
  { text, start, maxCharacters }: { text: string; start: number; maxCharacters: number },
  header: Header,
  head: Pick<HttpResponse, "status" | "errorType">,
  keepAlive: boolean,
): ReadSoFar {
  // These end with their head, even if it announces a body
  if (head.status === 204 || head.status === 304) {
    return { ...head, body: "", reusable: keepAlive && start === text.length };
  }
  const coding = header("transfer-encoding")?.toLowerCase();
  const given = header("content-length");
  if (coding !== undefined) {
    if (coding !== "chunked") return { problem: `an unsupported transfer coding: ${coding.slice(0, 40)}` };
    const chunks = readChunks(text, start, maxCharacters);
    if ("missing" in chunks || "problem" in chunks) return chunks;
    // Both headers at once are a sign of request smuggling: the response counts, the connection is not used again
    const reusable = keepAlive && given === undefined && chunks.end === text.length;
    return { ...head, body: chunks.body, reusable };
  }
  // Without a length the body ends with the connection; only the status is needed
  if (given === undefined) return { ...head, body: text.slice(start), reusable: false };
  if (!/^\d{1,15}$/.test(given)) return { problem: `an invalid content-length: ${given.slice(0, 40)}` };
  const end = start + Number(given);
  if (end > maxCharacters) return { problem: `a response of ${given} bytes` };
  if (text.length < end) return { missing: end - text.length };
  return { ...head, body: text.slice(start, end), reusable: keepAlive && text.length === end };
}

type Header = (name: string) => string | undefined;

/** Looks up headers by their name in lower case, and joins several of one name, as HTTP defines it. */
function headersOf(head: string): Header {
  const lower = head.toLowerCase();
  return (name) => {
    const start = `\r\n${name}:`;
    let value: string | undefined;
    for (let at = lower.indexOf(start); at >= 0; at = lower.indexOf(start, at + start.length)) {
      const from = at + start.length;
      const one = head.slice(from, head.indexOf("\r\n", from)).trim();
      value = value === undefined ? one : `${value}, ${one}`;
    }
    return value;
  };
}

function readChunks(
  text: string,
  start: number,
  maxCharacters: number,
): { body: string; end: number } | Incomplete | { problem: string } {
  let body = "";
  for (let at = start; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return { missing: 1 };
    const size = /^([\da-f]{1,8})\s*(?:;.*)?$/i.exec(text.slice(at, lineEnd))?.[1];
    if (size === undefined) return { problem: "a chunk without a size" };
    const from = lineEnd + 2;
    const to = from + Number.parseInt(size, 16);
    if (to === from) {
      // Trailing headers, up to an empty line
      const end = text.indexOf(END_OF_HEAD, lineEnd);
      return end < 0 ? { missing: 1 } : { body, end: end + END_OF_HEAD.length };
    }
    if (to > maxCharacters) return { problem: `a chunk of ${to - from} bytes` };
    if (text.length < to + 2) return { missing: to + 2 + LAST_CHUNK.length - text.length };
    if (!text.startsWith("\r\n", to)) return { problem: "a chunk that is longer than its size" };
    body += text.slice(from, to);
    at = to + 2;
  }
}
