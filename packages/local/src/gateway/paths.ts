/** The id in `/{stage}/@connections/{connectionId}`, raw or percent-encoded in any part; else undefined. */
export function connectionIdOfPath(url: string, stage: string): string | undefined {
  const segments = segmentsOf(url);
  if (segments?.length !== 3 || segments[0] !== stage || segments[1] !== "@connections") return undefined;
  return segments[2];
}

/** Whether a WebSocket client may connect at this URL: `/` or `/{stage}`, raw or percent-encoded. */
export function isWebsocketPath(url: string, stage: string): boolean {
  const segments = segmentsOf(url);
  return (
    segments !== undefined && (segments.length === 0 || (segments.length === 1 && segments[0] === stage))
  );
}

/**
 * Empty segments are dropped: an SDK endpoint that ends in a slash asks for `/{stage}//@connections/…`,
 * and signature version 4 normalises that away too.
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
