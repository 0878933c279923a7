import { createWebGuard, type WebGuard } from "../web-guard.ts";

/** Keeps other pages away from an inspector that listens on loopback. */
export const inspectorGuard = (host: string): Pick<WebGuard, "refuseOwnPage"> => createWebGuard({ host });
