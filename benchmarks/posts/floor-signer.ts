import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";

export interface FloorSignerOptions {
  /** The endpoint with the stage, for example `https://localhost:1234/$default`. */
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  body: Uint8Array;
}

/** Reads region and credentials from the environment, as the SDK's clients do. */
export function accessFromEnv(): Pick<FloorSignerOptions, "region" | "credentials"> {
  const { AWS_REGION: region = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = process.env;
  return {
    region,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  };
}

export interface SignedPost {
  path: string;
  /** Names and values alternate. */
  headers: string[];
}

/**
 * Creates a SigV4 signer for one body that is posted to many connections. It does as little as possible per post: it
 * computes what all posts share only once, and the key once a day.
 */
export function createFloorSigner({ endpoint, region, credentials, body }: FloorSignerOptions): {
  sign(connectionId: string, nowMs: number): SignedPost;
} {
  const { host, pathname } = new URL(endpoint);
  const path = `${pathname}/%40connections/`;
  const pathTwice = encodeURIComponent(path).replaceAll("%2F", "/");
  const bodyHash = hash("sha256", body, "hex");
  let second = Number.NaN;
  let date = "";
  let day = "";
  let key: KeyObject | undefined;
  let canonicalEnd = "";
  let toSign = "";
  let authorization = "";

  function enterSecond(nowMs: number): KeyObject {
    second = Math.floor(nowMs / 1_000);
    date = new Date(second * 1_000).toISOString().replace(/[-:]|\.\d+/g, "");
    if (key === undefined || !date.startsWith(day)) key = signingKey(date.slice(0, 8));
    day = date.slice(0, 8);
    const scope = `${day}/${region}/execute-api/aws4_request`;
    canonicalEnd = `\n\nhost:${host}\nx-amz-date:${date}\n\nhost;x-amz-date\n${bodyHash}`;
    toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n`;
    const credential = `${credentials.accessKeyId}/${scope}`;
    authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=`;
    return key;
  }

  function signingKey(today: string): KeyObject {
    const bytes = [today, region, "execute-api", "aws4_request"].reduce<Buffer>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      Buffer.from(`AWS4${credentials.secretAccessKey}`),
    );
    return createSecretKey(bytes);
  }

  return {
    sign(connectionId, nowMs) {
      const known = Math.floor(nowMs / 1_000) === second ? key : undefined;
      const secret = known ?? enterSecond(nowMs);
      const id = encodeURIComponent(connectionId);
      const canonical = `POST\n${pathTwice}${encodeURIComponent(id)}${canonicalEnd}`;
      const signature = createHmac("sha256", secret)
        .update(toSign + hash("sha256", canonical, "hex"))
        .digest("hex");
      return { path: path + id, headers: ["x-amz-date", date, "authorization", authorization + signature] };
    },
  };
}
