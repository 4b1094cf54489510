// The client of RDF-Ext: the rows of a SELECT, an ASK, how many triples a CONSTRUCT has, the status of a bad query.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const found = createRequire(process.env.CLIENTS).resolve('sparql-http-client/ParsingClient.js')
const { default: ParsingClient } = await import(pathToFileURL(found))
const [endpointUrl, select, construct] = process.argv.slice(2)
const client = new ParsingClient({ endpointUrl })

for (const row of await client.query.select(select, { operation: 'postUrlencoded' })) console.log(`row ${row.drug.value}`)
console.log(`ask ${await client.query.ask('ASK {}')}`)
console.log(`triples ${[...await client.query.construct(construct, { operation: 'postDirect' })].length}`)
try {
  await client.query.ask('ASK nonsense')
} catch (error) {
  console.log(`refused ${error.status}`)
}
