import { Sha256 } from "@aws-crypto/sha256-js";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, it } from "vitest";
import { createFloorSigner } from "./floor-signer.ts";

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const region = "eu-central-1";
const body = Buffer.from('{"price":42}');

/** Signs with AWS's own implementation, whose signatures AWS accepts. */
async function authorization(host: string, path: string, nowMs: number): Promise<string | undefined> {
  const signer = new SignatureV4({
    service: "execute-api",
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = new HttpRequest({ method: "POST", hostname: host, path, headers: { host }, body });
  const signed = await signer.sign(request, { signingDate: new Date(nowMs) });
  return signed.headers.authorization;
}

it("signs like AWS's signer, before and after a change of second and of day", async () => {
  const endpoint = "https://localhost:4321/$default";
  const floor = createFloorSigner({ endpoint, region, credentials, body });
  const midnightMs = Date.UTC(2026, 10, 24);
  for (const nowMs of [
    midnightMs - 1_500,
    midnightMs - 1_400,
    midnightMs - 1,
    midnightMs,
    midnightMs + 5_000,
  ]) {
    for (const connectionId of ["L0SM9cOFvHcCIhw=", "a/b+c="]) {
      const { path, headers } = floor.sign(connectionId, nowMs);
      expect(path).toBe(`/$default/%40connections/${encodeURIComponent(connectionId)}`);
      const [, date, , signature] = headers;
      expect(date).toBe(new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, ""));
      expect(signature).toBe(await authorization("localhost:4321", path, nowMs));
    }
  }
});
