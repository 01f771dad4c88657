// Reads manifests, one a line, and writes of each what Microsoft's schema finds wrong with it: a list a line. The
// schemas are those of the toolkit for Teams, and so is the way in which they are applied.
const fs = require("fs");
const path = require("path");
const Ajv = require("ajv-draft-04");
const addFormats = require("ajv-formats");

const [version] = process.argv.slice(2);
const file = path.join(__dirname, "node_modules/@microsoft/app-manifest/build/json-schemas/teams", "v" + version, "MicrosoftTeams.schema.json");
const ajv = new Ajv({ allErrors: true, strictTypes: false });
addFormats(ajv, ["uri", "email", "regex"]);
const validate = ajv.compile(JSON.parse(fs.readFileSync(file, "utf8")));

for (const line of fs.readFileSync(0, "utf8").trim().split("\n")) {
  validate(JSON.parse(line));
  console.log(JSON.stringify((validate.errors || []).map((e) => `${e.instancePath} ${e.message}`)));
}
