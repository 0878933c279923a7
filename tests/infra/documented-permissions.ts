import { expect, it } from "vitest";
import { grantLines, X_RAY } from "./deployment/deployment.ts";
import { documentedGrants } from "./deployment/documented-grants.ts";
import { grantsOf } from "./deployment/sst-grants.ts";
import type { Suite } from "./suite.ts";

/** The tables of permissions say what the roles do, and the roles do what they say. */
export const testDocumentedPermissions: Suite = (stage, { tracing }) => {
  it.each(["docs/security.md", "docs/deploying.md"])(
    "has its permissions in %s, all of them and no others",
    (document) => {
      const documented = documentedGrants(document).filter(({ on }) => tracing || on !== X_RAY);
      expect(documented.length).toBeGreaterThan(10);
      expect(grantLines(documented)).toEqual(grantLines(grantsOf(stage())));
    },
  );
};
