import { expect, it } from "vitest";
import { grantLines, X_RAY } from "./deployment/deployment.ts";
import { documentedGrants } from "./deployment/documented-grants.ts";
import { grantsOf } from "./deployment/sst-grants.ts";
import type { Suite } from "./suite.ts";

/** The documented tables of permissions and the roles agree. */
export const testDocumentedPermissions: Suite = (stage, { tracing }) => {
  it.each(["docs/security.md", "docs/deploying.md"])(
    "has exactly the permissions that %s documents",
    (document) => {
      const documented = documentedGrants(document).filter(({ on }) => tracing || on !== X_RAY);
      expect(documented.length).toBeGreaterThan(10);
      expect(grantLines(documented)).toEqual(grantLines(grantsOf(stage())));
    },
  );
};
