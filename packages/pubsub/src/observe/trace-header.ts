/** The tracing header of X-Ray: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. */
export interface TraceHeader {
  traceId: string;
  parentId: string;
}

/** Parses the header of a sampled request. Returns undefined if the request is not sampled or the header is invalid. */
export function parseTraceHeader(header: string | undefined): TraceHeader | undefined {
  const fields = new Map((header ?? "").split(";").map((field) => field.split("=", 2) as [string, string]));
  const traceId = fields.get("Root");
  const parentId = fields.get("Parent");
  return traceId && parentId && fields.get("Sampled") === "1" ? { traceId, parentId } : undefined;
}
