const TEXT = "x".repeat(180);

/** Returns data of a constant size, about that of a chat message. */
export const sampleData = (sequence: number): { sequence: string; text: string } => ({
  sequence: String(sequence).padStart(10, "0"),
  text: TEXT,
});

/** Calls of each process before the measurement, so that the figures include neither connecting nor compiling. */
export const WARM_UP_CALLS = 200;
