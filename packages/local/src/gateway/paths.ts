/** Returns the id in `/{stage}/@connections/{connectionId}`, decoded. Returns undefined for any other path. */
export function connectionIdOfPath(url: string, stage: string): string | undefined {
  const segments = segmentsOf(url);
  if (segments?.length !== 3 || segments[0] !== stage || segments[1] !== "@connections") return undefined;
  return segments[2];
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
function segmentsOf(url: string): string[] | undefined {
  const path = url.split("?", 1)[0] ?? "";
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
