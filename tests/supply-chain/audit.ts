/**
 * Runs `npm audit` on the packages' run-time dependencies. Exits with 0 if it finds nothing, 1 if it finds something,
 * and 2 if the audit has no result, because not every registry supports it.
 */
import { spawnSync } from "node:child_process";
import { auditVerdict } from "./audit-verdict.ts";

const NOBODY_KNOWS = 2;

const { stdout, stderr, error } = spawnSync("npm", ["audit", "--omit=dev", "--json"], { encoding: "utf8" });
const verdict = error ? { known: false as const, why: error.message } : auditVerdict(stdout, stderr);
if (!verdict.known) {
  console.error(`not audited: the registry did not answer (${verdict.why})`);
  process.exitCode = NOBODY_KNOWS;
} else {
  for (const line of verdict.findings) console.error(line);
  console.log(`audited: ${verdict.findings.length} runtime dependencies with known vulnerabilities`);
  process.exitCode = verdict.findings.length > 0 ? 1 : 0;
}
