/** An event of about the size of a chat message. Run and sequence number identify it. */
export interface SampleEvent {
  run: number;
  sequence: number;
  text: string;
}

const TEXT = "x".repeat(180);

export const sampleEvent = (run: number, sequence: number): SampleEvent => ({ run, sequence, text: TEXT });
