// PHP in its versions, as WebAssembly: reads files as `php -l` does, and runs programs.
// A program's folder is laid out anew in each PHP's own memory: nothing it does reaches this machine.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { loadNodeRuntime } from "@php-wasm/node";
import { PHP } from "@php-wasm/universal";

import { answering } from "../answering.mjs";

async function fresh(version, files, print) {
  const php = new PHP(await loadNodeRuntime(version, { emscriptenOptions: { print, printErr: print } }));
  for (const [there, here] of Object.entries(files)) {
    php.mkdirTree(dirname(there));
    php.writeFile(there, readFileSync(here));
  }
  return php;
}

/** What `words` print, on both outputs, in a PHP that has `files` ({path there: path here}) and is used once. */
async function printed(version, files, words) {
  const lines = [];
  const php = await fresh(version, files, (line) => lines.push(line));
  try {
    const loud = ["-d", "error_reporting=-1", "-d", "display_errors=1", "-d", "html_errors=0"];
    return { code: (await php.cli(["php", ...loud, ...words])) ?? 0, lines };
  } catch (error) {
    // PHP.cli throws what exit() throws inside: {name: ExitStatus, status}. Anything else is no answer.
    if (error?.name !== "ExitStatus") throw error;
    return { code: error.status, lines };
  }
}

/** Which files a PHP that includes them has anything to say of. `php -l` takes a PHP for each file; this takes one. */
async function suspects(version, files) {
  const php = await fresh(version, files, () => {});
  const found = [];
  for (const there of Object.keys(files)) {
    const code = `<?php error_reporting( -1 ); ini_set( 'display_errors', '1' ); include '${there}';`;
    const said = await php.run({ code }).then((answer) => answer.text + answer.errors, () => "it died");
    if (said) found.push(there);
  }
  return found;
}

await answering({
  // A file that is included without a word was compiled without a word; of the others `php -l` has the say.
  lint: async ({ version, files }) => {
    const complaints = {};
    for (const there of await suspects(version, files)) {
      const { lines } = await printed(version, { [there]: files[there] }, ["-l", there]);
      const said = lines.filter((line) => line.trim() && !line.startsWith("No syntax errors detected"));
      if (said.length) complaints[there] = said.join("\n");
    }
    return complaints;
  },

  run: ({ version, files, words }) => printed(version, files, words),
});
