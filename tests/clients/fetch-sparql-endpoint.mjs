// The client that Comunica uses, by itself: the rows of a SELECT, an ASK, how many triples a CONSTRUCT has, the status of a bad query.
import { createRequire } from 'node:module'

const { SparqlEndpointFetcher } = createRequire(process.env.CLIENTS)('fetch-sparql-endpoint')
const [endpoint, select, construct] = process.argv.slice(2)
const client = new SparqlEndpointFetcher()

for await (const row of await client.fetchBindings(endpoint, select)) console.log(`row ${row.drug.value}`)
console.log(`ask ${await client.fetchAsk(endpoint, 'ASK {}')}`)
let triples = 0
for await (const _ of await client.fetchTriples(endpoint, construct)) triples++
console.log(`triples ${triples}`)
try {
  await client.fetchAsk(endpoint, 'ASK nonsense')
} catch (error) {
  console.log(`refused ${/HTTP status (\d+)/.exec(error.message)[1]}`)
}
