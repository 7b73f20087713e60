// Questions come as JSON lines on standard input, each with `ask`; each is answered by one line on standard output.
import { createInterface } from "node:readline";

// What a library prints must not stand between the answers.
console.log = console.info = console.debug = console.error;

/** Answers with what `answers[ask](told)` gives, or says that it broke; ends with the input. */
export async function answering(answers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { ask, ...told } = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await answered(answers[ask], told))}\n`);
  }
  process.exit(0);
}

async function answered(answer, told) {
  try {
    return { answer: (await answer(told)) ?? null };
  } catch (error) {
    return { broke: String(error?.stack ?? error) };
  }
}
