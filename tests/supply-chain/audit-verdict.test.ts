import { describe, expect, it } from "vitest";
import { auditVerdict } from "./audit-verdict.ts";

describe("auditVerdict", () => {
  const report = (vulnerabilities: object): string =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities });

  it("returns the findings of a report", () => {
    expect(auditVerdict(report({}), "")).toEqual({ known: true, findings: [] });
    const found = report({ undici: { severity: "high", range: "<7.1.0" } });
    expect(auditVerdict(found, "")).toEqual({ known: true, findings: ["undici <7.1.0: high"] });
  });

  it("returns known: false and why if no registry returned a report", () => {
    const refusal = "npm warn audit 405 Method Not Allowed - POST https://registry.example/-/npm/v1/security";
    expect(
      auditVerdict('{"message":"audit endpoint returned an error"}', `npm warn x\n${refusal}\n`),
    ).toEqual({
      known: false,
      why: refusal,
    });
    expect(auditVerdict("", "")).toEqual({ known: false, why: "npm audit said nothing" });
    expect(auditVerdict("{}", "")).toMatchObject({ known: false });
  });
});
