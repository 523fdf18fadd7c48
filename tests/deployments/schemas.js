// Checks manifests against Kubernetes' own schemas: schemas.js MODULES < JSON list of manifests
// Prints each breach and exits 1 when there is one. MODULES is a node_modules with
// kubernetes-models.
"use strict";

const path = require("path");
const schemas = path.join(process.argv[2], "kubernetes-models", "_schemas");

// The validators don't mind a field that isn't in the schema, as an API server would. But they ask
// for each that is: what nobody asked for isn't.
function watched(value, at, unasked) {
  if (value === null || typeof value !== "object") return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) {
    copy[key] = watched(value[key], `${at}/${key}`, unasked);
    if (!Array.isArray(value)) unasked.add(`${at}/${key}`);
  }
  return new Proxy(copy, {
    get(target, key) {
      unasked.delete(`${at}/${String(key)}`);
      return target[key];
    },
  });
}

function schemaOf(manifest) {
  const [group, version] = manifest.apiVersion.includes("/")
    ? manifest.apiVersion.split("/")
    : ["core", manifest.apiVersion];
  const upper = (word) => word[0].toUpperCase() + word.slice(1);
  return path.join(schemas, `IoK8sApi${upper(group)}${upper(version)}${manifest.kind}.js`);
}

function breaches(manifest) {
  const { validate } = require(schemaOf(manifest));
  const unasked = new Set();
  const data = watched(manifest, "", unasked);
  const found = validate(data)
    ? []
    : validate.errors.map((error) => `${error.instancePath} ${error.keyword} ` +
                                     JSON.stringify(error.params));
  return found.concat([...unasked].map((field) => `${field} is no field`));
}

const manifests = JSON.parse(require("fs").readFileSync(0, "utf8"));
let count = 0;
for (const manifest of manifests) {
  for (const breach of breaches(manifest)) {
    console.log(`${manifest.kind} ${manifest.metadata.name}: ${breach}`);
    ++count;
  }
}
process.exit(count > 0 ? 1 : 0);
