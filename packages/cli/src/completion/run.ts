import { EXIT_CODES } from "../exit-codes.ts";
import { SCRIPTS } from "./scripts.ts";

export async function runCompletion({ shell }: { shell: string }): Promise<number> {
  console.log(SCRIPTS[shell as keyof typeof SCRIPTS]);
  return EXIT_CODES.done;
}
