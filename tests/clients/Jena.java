import org.apache.jena.query.ResultSetFormatter;
import org.apache.jena.rdfconnection.RDFConnection;
import org.apache.jena.rdfconnection.RDFConnectionRemote;

/** Apache Jena's connection to an endpoint: the rows of a SELECT, an ASK, how many triples a CONSTRUCT has, the status of a bad query. */
public class Jena {
    public static void main(String[] words) {
        try (RDFConnection there = RDFConnectionRemote.service(words[0]).parseCheckSPARQL(false).build()) {
            there.queryResultSet(words[1], rows -> rows.forEachRemaining(row -> System.out.println("row " + row.getResource("drug"))));
            System.out.println("ask " + there.queryAsk("ASK {}"));
            System.out.println("triples " + there.queryConstruct(words[2]).size());
            try {
                there.queryAsk("nonsense");
            } catch (org.apache.jena.sparql.engine.http.QueryExceptionHTTP error) {
                System.out.println("refused " + error.getStatusCode());
            }
        }
    }
}
