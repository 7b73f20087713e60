// Judges GraphQL documents by a published schema, with GraphQL's own reference implementation.
// Words: the gzipped introspection of the schema; the folder of the npm package graphql.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { answering } from "./answering.mjs";

const [schemaFile, library] = process.argv.slice(2);
const graphql = await import(pathToFileURL(`${library}/index.mjs`));
const told = JSON.parse(gunzipSync(readFileSync(schemaFile)));
const schema = graphql.buildClientSchema(told.data ?? told, { assumeValid: true });

const sentences = (errors) => errors.map((error) => error.message);

/** What Shopify's pages say a field costs: an object one point, a leaf none, a connection what is in it times `first`. */
function cost(fields, owner, first) {
  return fields.selections.reduce((sum, field) => {
    const type = graphql.getNamedType(owner.getFields()[field.name.value].type);
    if (graphql.isLeafType(type)) return sum;
    const inside = cost(field.selectionSet, type, first);
    if (type.name.endsWith("Connection")) return sum + 1 + first * inside;
    return sum + 1 + inside;
  }, 0);
}

const operation = (document) => graphql.parse(document).definitions[0];

await answering({
  wrong: ({ document }) => sentences(graphql.validate(schema, graphql.parse(document))),
  deprecated: ({ document }) =>
    sentences(graphql.validate(schema, graphql.parse(document), [graphql.NoDeprecatedCustomRule])),
  refused: ({ document, variables }) => {
    const given = operation(document).variableDefinitions ?? [];
    const undeclared = Object.keys(variables).filter((name) => !given.some((one) => one.variable.name.value === name));
    const coerced = graphql.getVariableValues(schema, given, variables);
    return [...undeclared.map((name) => `${name} is not declared`), ...sentences(coerced.errors ?? [])];
  },
  cost: ({ document, first }) => cost(operation(document).selectionSet, schema.getQueryType(), first),
  words: ({ enumeration }) => schema.getType(enumeration).getValues().map((one) => one.name),
});
