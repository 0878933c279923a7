/**
 * The id in `/{stage}/@connections/{connectionId}`; else undefined. The last two segments may be percent-encoded, as in
 * AWS's own example. The stage must be as it is written in the endpoint, `/$default`: that is what AWS's SDKs send, and
 * nothing says that API Gateway finds a stage whose name is encoded.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 */
export function connectionIdOfPath(url: string, stage: string): string | undefined {
  const segments = segmentsOf(url);
  if (segments?.length !== 3 || segments[1] !== "@connections") return undefined;
  const [sentStage] = rawSegmentsOf(url);
  return sentStage === stage ? segments[2] : undefined;
}

/** Returns true if a WebSocket client may connect at this URL: `/` or `/{stage}`, raw or percent-encoded. */
export function isWebsocketPath(url: string, stage: string): boolean {
  const segments = segmentsOf(url);
  return (
    segments !== undefined && (segments.length === 0 || (segments.length === 1 && segments[0] === stage))
  );
}

/**
 * Splits the path and removes empty segments: with an SDK endpoint that ends in a slash, the path is
 * `/{stage}//@connections/…`. Signature version 4 removes them too.
 */
function rawSegmentsOf(url: string): string[] {
  const path = url.split("?", 1)[0] ?? "";
  return path.split("/").filter((segment) => segment !== "");
}

function segmentsOf(url: string): string[] | undefined {
  try {
    return rawSegmentsOf(url).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
