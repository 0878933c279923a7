import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { CDK_EXAMPLE, ensureCdk } from "./install-cdk.ts";

/**
 * Returns the template that the CDK example synthesizes with this context. It does not bundle the functions; another test does
 * that.
 */
export async function synthesizeCdk(context: Readonly<Record<string, string>> = {}): Promise<string> {
  await ensureCdk();
  const out = await mkdtemp(path.join(tmpdir(), "cdk-"));
  const env = {
    ...process.env,
    CDK_OUTDIR: out,
    CDK_CONTEXT_JSON: JSON.stringify({ "aws:cdk:bundling-stacks": [], ...context }),
  };
  try {
    await promisify(execFile)(process.execPath, ["app.ts"], { cwd: CDK_EXAMPLE, env });
    return await readFile(path.join(out, "Pubsub.template.json"), "utf8");
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

interface Validator {
  CompositeEngine: new () => {
    validateTemplate(template: object): { diagnostics: Diagnostic[] };
    free(): void;
  };
  TemplateContent: new (content: string, name: string) => object;
}

interface Diagnostic {
  severity: string;
  ruleId: string;
  message: string;
}

/**
 * Returns the problems that AWS's validator finds in a template. The validator is part of the CDK and knows SAM too.
 */
export async function objectionsTo(name: string, template: string): Promise<string[]> {
  await ensureCdk();
  const resolveInCdk = createRequire(path.join(CDK_EXAMPLE, "node_modules/aws-cdk-lib/package.json"));
  const { CompositeEngine, TemplateContent } = resolveInCdk("@aws/cloudformation-validate") as Validator;
  const engine = new CompositeEngine();
  try {
    const { diagnostics } = engine.validateTemplate(new TemplateContent(template, name));
    const objections = diagnostics.filter(({ severity }) => severity !== "INFO");
    return objections.map(({ severity, ruleId, message }) => `${severity} ${ruleId} ${message}`);
  } finally {
    engine.free();
  }
}
