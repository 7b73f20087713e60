// PHP in its versions, as WebAssembly: reads files as `php -l` does, and runs programs.
// A program's folder is laid out anew in each PHP's own memory: nothing it does reaches this machine.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { loadNodeRuntime } from "@php-wasm/node";
import { PHP } from "@php-wasm/universal";

import { answering } from "../answering.mjs";

/** What `words` print, on both outputs, in a PHP that has `files` ({path there: path here}) and is used once. */
async function printed(version, files, words) {
  const lines = [];
  const print = (line) => lines.push(line);
  const php = new PHP(await loadNodeRuntime(version, { emscriptenOptions: { print, printErr: print } }));
  for (const [there, here] of Object.entries(files)) {
    php.mkdirTree(dirname(there));
    php.writeFile(there, readFileSync(here));
  }
  try {
    const code = await php.cli(["php", "-d", "error_reporting=-1", "-d", "display_errors=1", "-d", "html_errors=0", ...words]);
    return { code: code ?? 0, lines };
  } catch (error) {
    // PHP.cli throws what exit() throws inside: {name: ExitStatus, status}. Anything else is no answer.
    if (error?.name !== "ExitStatus") throw error;
    return { code: error.status, lines };
  }
}

await answering({
  lint: async ({ version, files }) => {
    const complaints = {};
    for (const [there, here] of Object.entries(files)) {
      const { lines } = await printed(version, { [there]: here }, ["-l", there]);
      const said = lines.filter((line) => line.trim() && !line.startsWith("No syntax errors detected"));
      if (said.length) complaints[there] = said.join("\n");
    }
    return complaints;
  },

  run: ({ version, files, words }) => printed(version, files, words),
});
