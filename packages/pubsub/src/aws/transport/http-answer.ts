/** An HTTP/1.1 answer, as far as posting looks at it. */
export interface HttpAnswer {
  status: number;
  /** The value of `x-amzn-errortype`, or nothing. */
  errorType: string;
  body: string;
  /** Whether another request can follow on the connection. */
  reusable: boolean;
}

/** What has been received: a whole answer, the beginning of one, or no HTTP. */
export type ReadAnswer = HttpAnswer | "incomplete" | { problem: string };

/** Ours: an answer to a post is a few hundred bytes; whatever passes this is not read to its end. */
export const ANSWER_CHARACTERS_MAX = 65_536;

const END_OF_HEAD = "\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

/** Reads the text of all that has come for one request, a byte a character. Total: nothing makes it throw. */
export function readAnswer(received: string, maxCharacters: number = ANSWER_CHARACTERS_MAX): ReadAnswer {
  const read = readSoFar(received, maxCharacters);
  return "missing" in read ? "incomplete" : read;
}

/** Reads an answer that comes in pieces, from the first one again when it is done. */
export interface AnswerReader {
  read(piece: string): ReadAnswer;
}

/**
 * What there is is looked at only once the answer can be whole: a megabyte comes in a hundred pieces over TLS, and
 * reading all of it on each of them took six times as long as what was done with it.
 */
export function createAnswerReader(maxCharacters?: number): AnswerReader {
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

/** Of the beginning of an answer, how many more characters there are at least. */
type ReadSoFar = HttpAnswer | Incomplete | { problem: string };
interface Incomplete {
  missing: number;
}

function readSoFar(received: string, maxCharacters: number = ANSWER_CHARACTERS_MAX): ReadSoFar {
  if (received.length > maxCharacters) return { problem: "an answer that does not end" };
  for (let text = received; ; ) {
    if (!"HTTP/1.".startsWith(text.slice(0, 7))) return { problem: "an answer that is not HTTP/1" };
    const headEnd = text.indexOf(END_OF_HEAD);
    if (headEnd < 0) return { missing: 1 };
    const [, minor, status] = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r|$)/.exec(text) ?? [];
    if (status === undefined) return { problem: "a status line that is none" };
    const bodyStart = headEnd + END_OF_HEAD.length;
    if (Number(status) >= 200) {
      const header = headersOf(text.slice(0, headEnd + 2));
      const answer = { status: Number(status), errorType: header("x-amzn-errortype") ?? "" };
      const keepAlive = minor === "1" && !closes(header("connection"));
      return readBody({ text, start: bodyStart, maxCharacters }, header, answer, keepAlive);
    }
    // 1xx comes before the answer proper
    text = text.slice(bodyStart);
  }
}

/** A list: `keep-alive, close` closes too. */
const closes = (connection = ""): boolean => /(?:^|,)\s*close\s*(?:,|$)/i.test(connection);

function readBody(
  { text, start, maxCharacters }: { text: string; start: number; maxCharacters: number },
  header: Header,
  answer: Pick<HttpAnswer, "status" | "errorType">,
  keepAlive: boolean,
): ReadSoFar {
  // These end with their head, whatever it says of a body
  if (answer.status === 204 || answer.status === 304) {
    return { ...answer, body: "", reusable: keepAlive && start === text.length };
  }
  const coding = header("transfer-encoding")?.toLowerCase();
  const given = header("content-length");
  if (coding !== undefined) {
    if (coding !== "chunked")
      return { problem: `a transfer coding that nobody asked for: ${coding.slice(0, 40)}` };
    const chunks = readChunks(text, start, maxCharacters);
    if ("missing" in chunks || "problem" in chunks) return chunks;
    // Both at once is how requests are smuggled: the answer counts, the connection is not used again
    const reusable = keepAlive && given === undefined && chunks.end === text.length;
    return { ...answer, body: chunks.body, reusable };
  }
  // Without a length the body ends with the connection; the status is all that is needed of it
  if (given === undefined) return { ...answer, body: text.slice(start), reusable: false };
  if (!/^\d{1,15}$/.test(given)) return { problem: `a content-length that is none: ${given.slice(0, 40)}` };
  const end = start + Number(given);
  if (end > maxCharacters) return { problem: `an answer of ${given} bytes` };
  if (text.length < end) return { missing: end - text.length };
  return { ...answer, body: text.slice(start, end), reusable: keepAlive && text.length === end };
}

type Header = (name: string) => string | undefined;

/** Looks headers up by their name in lower case; several of one name are joined, as HTTP has it. */
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
