/** Changes for one test how this process sees the network. */
import { createRequire } from "node:module";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { onTestFinished } from "vitest";
import { localhostCertificate } from "./raw-server.ts";

export function trustLocalhost(): void {
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, localhostCertificate()]);
  onTestFinished(() => setDefaultCACertificates(trusted));
}

/** Sockets call `lookup` of this one object. */
const dns: typeof import("node:dns") = createRequire(import.meta.url)("node:dns");

/** Resolves every host name to this address, or to no address. */
export function resolveHostsTo(address: string | undefined): void {
  const { lookup } = dns;
  const unknown = Object.assign(new Error("no such host"), { code: "ENOTFOUND" });
  Object.assign(dns, {
    lookup: (_name: string, _options: object, done: (...found: unknown[]) => void) =>
      address === undefined ? done(unknown) : done(null, [{ address, family: 4 }]),
  });
  onTestFinished(() => void Object.assign(dns, { lookup }));
}
