export interface PostRequest {
  path: string;
  body: Buffer;
}

/** The bytes are not a POST with a content-length. The parser cannot read later requests of the connection, either. */
export class RequestError extends Error {}

const HEAD_END = Buffer.from("\r\n\r\n");
const MAX_HEAD_BYTES = 16_384;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i;

/**
 * Creates a parser for the POSTs of one keep-alive connection, which can be cut into chunks anywhere. To be cheap, it only
 * understands what an AWS client sends to `@connections`: a body with a content-length.
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

/** Returns the end of the request that begins at `from`, or undefined while the request is incomplete. */
function readRequest(
  bytes: Buffer,
  from: number,
  onRequest: (request: PostRequest) => void,
): number | undefined {
  const headEnd = bytes.indexOf(HEAD_END, from);
  if (headEnd < 0) {
    if (bytes.length - from > MAX_HEAD_BYTES)
      throw new RequestError(`the head of a request must end within ${MAX_HEAD_BYTES} bytes`);
    return undefined;
  }
  const head = bytes.toString("latin1", from, headEnd);
  const pathEnd = head.indexOf(" ", "POST ".length);
  const length = CONTENT_LENGTH.exec(head)?.[1];
  if (!head.startsWith("POST /") || length === undefined) {
    throw new RequestError(`expected a POST with a content-length; got ${head.split("\r\n", 1)[0]}`);
  }
  const bodyFrom = headEnd + HEAD_END.length;
  const end = bodyFrom + Number(length);
  if (end > bytes.length) return undefined;
  onRequest({ path: head.slice("POST ".length, pathEnd), body: bytes.subarray(bodyFrom, end) });
  return end;
}
