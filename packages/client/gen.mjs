// Makes src/schema.gen.ts from the API's document: node gen.mjs. Of its
// operations only the queries are kept; their functions are written by hand.
import { writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

const document = new URL('../../api/openapi.yaml', import.meta.url)
const nodes = await openapiTS(document)

const named = (members, name) => members?.find((member) => member.name?.text === name)
const queryOf = (operation) => named(named(operation.type.members, 'parameters')?.type.members, 'query')

/** `operations` with nothing but the queries that there are. */
function queries(node) {
  const { factory } = ts
  const members = node.members
    .filter((operation) => queryOf(operation)?.type.kind === ts.SyntaxKind.TypeLiteral)
    .map((operation) =>
      factory.createPropertySignature(undefined, operation.name, undefined, queryOf(operation).type),
    )
  return factory.createInterfaceDeclaration(node.modifiers, 'queries', undefined, undefined, members)
}

const kept = nodes
  .filter((node) => ['components', 'operations'].includes(node.name.text))
  .map((node) => (node.name.text === 'operations' ? queries(node) : node))
writeFileSync(
  new URL('src/schema.gen.ts', import.meta.url),
  `// Made from api/openapi.yaml by gen.mjs. Do not edit.\n\n${astToString(kept)}`,
)
