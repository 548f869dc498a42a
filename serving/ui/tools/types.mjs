/** Writes src/api/schema.ts, the types of every question and answer, out of the API's own description.
 *  With --check it writes nothing and fails where the file says something else. */
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../../tests/golden/openapi.json", import.meta.url);
const TYPES = new URL("../src/api/schema.ts", import.meta.url);

const nodes = await openapiTS(JSON.parse(readFileSync(DOCUMENT, "utf8")), { alphabetize: true });
const text = `// Made by \`make golden\` out of tests/golden/openapi.json; not for editing.\n\n${astToString(nodes)}`;
if (!process.argv.includes("--check")) {
  writeFileSync(TYPES, text);
} else if (readFileSync(TYPES, "utf8") !== text) {
  console.error("serving/ui/src/api/schema.ts is not what tests/golden/openapi.json says; run `make golden`");
  process.exit(1);
}
