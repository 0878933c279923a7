/** The parts of a signature version 4 `Authorization` header. */
export interface Authorization {
  accessKeyId: string;
  /** `yyyymmdd` */
  scopeDate: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

const pattern =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})\s*$/;

export function parseAuthorization(header: string): Authorization | undefined {
  const [, accessKeyId, scopeDate, region, service, signedHeaders, signature] = pattern.exec(header) ?? [];
  if (!accessKeyId || !scopeDate || !region || !service || !signedHeaders || !signature) return undefined;
  return { accessKeyId, scopeDate, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** Parses an `x-amz-date` (`yyyymmddThhmmssZ`). Returns undefined if it is malformed. */
export function parseAmzDate(value: string): Date | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(value) ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function formatAmzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d+/g, "");
}
