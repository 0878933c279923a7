import { consumerId } from "../consumer.ts";
import { digest } from "./digest.ts";
import type { PendingConsumer } from "./message.ts";

/**
 * Names of units of work in the ledger: a step of the dispatch (`000001`), a part that a unit handed on
 * (`000001/04fzyo82mvy`), an abandoned part that came back from the dead-letter queue
 * (`000001/04fzyo82mvy/dead`).
 */
const STEP_DIGITS = 6;
const DEAD = "dead";

export const stepUnit = (step: number): string => String(step).padStart(STEP_DIGITS, "0");

/**
 * Names a part by its consumers. If a worker dies and its unit is done again, the unit may hand on other consumers than
 * before. With numbers as names, the new parts would look like the earlier ones, which may be done, and would be lost.
 */
export const partUnit = (unit: string, consumers: readonly PendingConsumer[]): string =>
  `${unit}/${digest(consumers.map(({ consumer, from }) => `${consumerId(consumer)} ${from}`).sort())}`;

/**
 * Names a part of a step, whose consumers need every event. The name is the same for each publication, so that a worker
 * can post the same part of several publications together.
 */
export const stepPartUnit = (unit: string, consumers: readonly PendingConsumer[]): string =>
  `${unit}/${digest(consumers.map(({ consumer }) => consumerId(consumer)).sort())}`;

/**
 * Names an abandoned part that comes back. Shortens a name that is too deep, so that the part has levels left however
 * often it comes back.
 */
export function deadUnit(unit: string): string {
  const [step = "", ...levels] = unit.split("/");
  return `${levels.length > DEAD_DEPTH_MAX ? `${step}/${digest([unit])}` : unit}/${DEAD}`;
}

/** Returns the last level of a unit's name. */
export const partName = (unit: string): string => unit.slice(unit.lastIndexOf("/") + 1);

/** Returns the unit that handed this one on. */
export const parentUnit = (unit: string): string => unit.slice(0, unit.lastIndexOf("/"));

/** A deeper unit hands nothing on, because each level takes 12 of the 1,024 bytes of a DynamoDB range key. */
const DEPTH_MAX = 60;
const DEAD_DEPTH_MAX = 30;

export const isDeepest = (unit: string): boolean => unit.split("/").length > DEPTH_MAX;

export const isUnit = (value: string): boolean => /^\d{6,12}(\/[0-9a-z]{1,11}){0,64}$/.test(value);

export type UnitKind = "step" | "part" | "dead";

export function unitKind(unit: string): UnitKind {
  if (!unit.includes("/")) return "step";
  return unit.endsWith(`/${DEAD}`) ? "dead" : "part";
}
