export type AuditVerdict = { known: true; findings: string[] } | { known: false; why: string };

interface AuditReport {
  auditReportVersion?: number;
  vulnerabilities?: Record<string, { severity: string; range: string }>;
  message?: string;
}

/** The result of `npm audit --json`, or that it has no result. */
export function auditVerdict(stdout: string, stderr: string): AuditVerdict {
  const report = parsed(stdout);
  if (report?.auditReportVersion !== undefined && report.vulnerabilities) {
    const found = Object.entries(report.vulnerabilities);
    return {
      known: true,
      findings: found.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`),
    };
  }
  const complaint = stderr.split("\n").find((line) => /audit/.test(line));
  return { known: false, why: complaint?.trim() ?? report?.message ?? "npm audit said nothing" };
}

function parsed(text: string): AuditReport | undefined {
  try {
    return JSON.parse(text) as AuditReport;
  } catch {
    return undefined;
  }
}
