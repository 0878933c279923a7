import type fc from "fast-check";

export const SURFACE_NAMES = ["websocket", "fanout", "decoders", "gateway", "options", "database"] as const;
export type SurfaceName = (typeof SURFACE_NAMES)[number];

/** What became of one input, by an oracle that shares no code with what is tested. */
export interface Verdict {
  accepted: boolean;
  /** By an input that was refused: there must be none. */
  rowsWritten: number;
}

/** Something that reads what strangers send. */
export interface Surface<Input = never> {
  inputs: fc.Arbitrary<Input>;
  /** Throws for whatever a surface must not do: fail with an error not ours, drop, misjudge, or hang. */
  attempt(input: Input): Promise<Verdict>;
  /** The input as a finding shows it. Default: JSON. */
  show?(input: Input): string;
  /** Whether it still works; and the end of whatever it started. */
  stop?(): Promise<void>;
}

/** What a surface must not do, said in a sentence. */
export class Violation extends Error {
  override readonly name = "Violation";
}
