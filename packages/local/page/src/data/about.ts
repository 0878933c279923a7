import { signal } from "@preact/signals";
import type { About } from "../../../src/inspector/wire.ts";
import { read } from "./server.ts";

export const about = signal<{ data?: About; error?: unknown }>({});

export async function loadAbout(): Promise<void> {
  try {
    about.value = { data: await read<About>("about") };
  } catch (error) {
    about.value = { ...about.value, error };
  }
}
