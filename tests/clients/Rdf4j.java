import org.eclipse.rdf4j.query.GraphQueryResult;
import org.eclipse.rdf4j.query.QueryEvaluationException;
import org.eclipse.rdf4j.query.TupleQueryResult;
import org.eclipse.rdf4j.repository.RepositoryConnection;
import org.eclipse.rdf4j.repository.sparql.SPARQLRepository;

/** RDF4J's SPARQLRepository: the rows of a SELECT, an ASK, how many triples a CONSTRUCT has, the status of a bad query. */
public class Rdf4j {
    public static void main(String[] words) {
        SPARQLRepository there = new SPARQLRepository(words[0]);
        try (RepositoryConnection connection = there.getConnection()) {
            try (TupleQueryResult rows = connection.prepareTupleQuery(words[1]).evaluate()) {
                rows.forEach(row -> System.out.println("row " + row.getValue("drug").stringValue()));
            }
            System.out.println("ask " + connection.prepareBooleanQuery("ASK {}").evaluate());
            try (GraphQueryResult triples = connection.prepareGraphQuery(words[2]).evaluate()) {
                System.out.println("triples " + triples.stream().count());
            }
            try {
                connection.prepareBooleanQuery("ASK nonsense").evaluate();
            } catch (QueryEvaluationException error) {
                // its message is the problem that the server told, as JSON
                System.out.println("refused " + error.getMessage().replaceAll("(?s).*\"status\": (\\d+).*", "$1"));
            }
        } finally {
            there.shutDown();
        }
    }
}
