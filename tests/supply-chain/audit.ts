/**
 * `npm audit` of what the packages need at run time. Exits with 0 if there is nothing, 1 if there is something, and 2
 * if nobody could say, because not every registry answers that question.
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
