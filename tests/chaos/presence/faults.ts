import { CLOCK_STEPS } from "../lines.ts";
import { type Menu, menus } from "../troubles/suites.ts";

/** Faults of the other suites that this one leaves out, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  [CLOCK_STEPS]: "the grace is ten seconds by the workers' clocks",
  "SQS returns 500": "a leave whose tick SQS does not take is only reported, and shown with the next change",
  "SQS returns 503": "as above",
  "SQS throttles": "as above",
  "SQS resets": "as above",
  "SQS loses responses": "as above",
  "SQS fails entries": "as above",
  "dead letters redriven": "a tick becomes no dead letter",
  "malformed messages": "they concern no members",
  "rows malformed or expired": "they are rows of connections that never were",
  "429 of slow consumers": "only raw subscribers are slow",
  "producer killed at a step": "there is no producer",
};

export const presenceMenu: Pick<Menu, "troubles" | "atOnce" | "always"> = {
  troubles: menus.everything.troubles.filter(({ name }) => !Object.hasOwn(LEFT_OUT, name)),
  atOnce: 4,
  always: [],
};

/** Returns a menu of some faults of the suite, which all occur at once. */
export function menuOf(names: readonly string[]): typeof presenceMenu {
  const troubles = presenceMenu.troubles.filter(({ name }) => names.includes(name));
  if (troubles.length !== names.length) throw new Error(`Not all faults of the suite: ${names.join(", ")}`);
  return { ...presenceMenu, troubles, atOnce: troubles.length };
}
