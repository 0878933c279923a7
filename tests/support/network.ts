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

/** Resolves every host name to this address, or to no address. Returns the names that were looked up so far. */
export function resolveHostsTo(address: string | undefined): readonly string[] {
  const { lookup } = dns;
  const names: string[] = [];
  const unknown = Object.assign(new Error("no such host"), { code: "ENOTFOUND" });
  Object.assign(dns, {
    lookup(name: string, _options: object, done: (...found: unknown[]) => void) {
      names.push(name);
      if (address === undefined) done(unknown);
      else done(null, [{ address, family: 4 }]);
    },
  });
  onTestFinished(() => void Object.assign(dns, { lookup }));
  return names;
}
