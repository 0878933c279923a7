export interface PostRequest {
  path: string;
  body: Buffer;
}

/** What came is no POST with a length that this parser reads; nothing behind it can be read either. */
export class RequestError extends Error {}

const HEAD_END = Buffer.from("\r\n\r\n");
const HEAD_BYTES_MAX = 16_384;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i;

/**
 * Reads the POSTs of one keep-alive connection, however they are cut into chunks. Only what an AWS client sends to
 * `@connections` is understood, a body with its length, so that reading costs next to nothing.
 */
export function createRequestParser(onRequest: (request: PostRequest) => void): (chunk: Buffer) => void {
  let left: Buffer | undefined;
  return (chunk) => {
    const bytes = left ? Buffer.concat([left, chunk]) : chunk;
    let at = 0;
    while (at < bytes.length) {
      const end = readRequest(bytes, at, onRequest);
      if (end === undefined) break;
      at = end;
    }
    left = at < bytes.length ? bytes.subarray(at) : undefined;
  };
}

/** Where the request that begins at `from` ends; undefined as long as it is not all there. */
function readRequest(
  bytes: Buffer,
  from: number,
  onRequest: (request: PostRequest) => void,
): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END, from);
  if (headEnd < 0) {
    if (bytes.length - from > HEAD_BYTES_MAX) throw new RequestError("a head without an end");
    return undefined;
  }
  const head = bytes.toString("latin1", from, headEnd);
  const pathEnd = head.indexOf(" ", "POST ".length);
  const length = CONTENT_LENGTH.exec(head)?.[1];
  if (!head.startsWith("POST /") || length === undefined) {
    throw new RequestError(`no POST with a content-length: ${head.split("\r\n", 1)[0]}`);
  }
  const bodyFrom = headEnd + HEAD_END.length;
  const end = bodyFrom + Number(length);
  if (end > bytes.length) return undefined;
  onRequest({ path: head.slice("POST ".length, pathEnd), body: bytes.subarray(bodyFrom, end) });
  return end;
}
