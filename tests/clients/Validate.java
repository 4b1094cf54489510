import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.apache.jena.rdf.model.Model;
import org.apache.jena.rdf.model.ModelFactory;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;
import org.apache.jena.shacl.Shapes;
import org.apache.jena.vocabulary.RDF;
import org.eclipse.rdf4j.common.exception.ValidationException;
import org.eclipse.rdf4j.model.vocabulary.RDF4J;
import org.eclipse.rdf4j.repository.RepositoryException;
import org.eclipse.rdf4j.repository.sail.SailRepository;
import org.eclipse.rdf4j.rio.RDFFormat;
import org.eclipse.rdf4j.rio.Rio;
import org.eclipse.rdf4j.sail.memory.MemoryStore;
import org.eclipse.rdf4j.sail.shacl.ShaclSail;
import org.topbraid.shacl.validation.ValidationUtil;

/** A SHACL engine validates the N-Triples files of a folder with a Turtle file of shapes; each result is a line: file, focus node, severity, message. */
public class Validate {
    private static final String SH = "http://www.w3.org/ns/shacl#";

    interface Engine {
        Model report(Path data) throws IOException;
    }

    public static void main(String[] words) throws IOException {
        Path shapes = Path.of(words[1]);
        Engine engine = switch (words[0]) {
            case "jena" -> jena(shapes);
            case "rdf4j" -> rdf4j(shapes);
            case "topbraid" -> topbraid(shapes);
            default -> throw new IllegalArgumentException(words[0]);
        };
        List<Path> files;
        try (Stream<Path> all = Files.list(Path.of(words[2]))) {
            files = all.sorted().toList();
        }
        for (Path data : files) {
            Model report = engine.report(data);
            for (var result : report.listSubjectsWithProperty(RDF.type, report.createResource(SH + "ValidationResult")).toList()) {
                for (var message : result.listProperties(report.createProperty(SH + "resultMessage")).toList()) {
                    String severity = result.getProperty(report.createProperty(SH + "resultSeverity")).getResource().getLocalName();
                    var focus = result.getProperty(report.createProperty(SH + "focusNode")).getObject();
                    System.out.println(String.join("\t", data.getFileName().toString(), focus.isAnon() ? "" : focus.toString(), severity, message.getString()));
                }
            }
            System.out.println(data.getFileName()); // it was validated, whatever was found
        }
    }

    private static Engine jena(Path file) {
        Shapes shapes = Shapes.parse(RDFDataMgr.loadGraph(file.toString()));
        return data -> ShaclValidator.get().validate(shapes, RDFDataMgr.loadGraph(data.toString())).getModel();
    }

    private static Engine topbraid(Path file) {
        Model shapes = RDFDataMgr.loadModel(file.toString());
        return data -> ValidationUtil.validateModel(RDFDataMgr.loadModel(data.toString()), shapes, false).getModel();
    }

    /** RDF4J validates what a transaction would store: a report is what it refuses with. */
    private static Engine rdf4j(Path file) {
        return data -> {
            ShaclSail sail = new ShaclSail(new MemoryStore());
            sail.setValidationResultsLimitTotal(-1);
            sail.setValidationResultsLimitPerConstraint(-1);
            SailRepository store = new SailRepository(sail);
            Model report = ModelFactory.createDefaultModel();
            try (var connection = store.getConnection(); Reader shapes = Files.newBufferedReader(file); Reader facts = Files.newBufferedReader(data)) {
                connection.begin();
                connection.add(shapes, "", RDFFormat.TURTLE, RDF4J.SHACL_SHAPE_GRAPH);
                connection.commit();
                connection.begin();
                connection.add(facts, "", RDFFormat.NTRIPLES);
                connection.commit();
            } catch (RepositoryException refused) {
                if (!(refused.getCause() instanceof ValidationException reason)) {
                    throw refused;
                }
                var written = new StringWriter();
                Rio.write(reason.validationReportAsModel(), written, RDFFormat.TURTLE);
                report.read(new StringReader(written.toString()), null, "TURTLE");
            } finally {
                store.shutDown();
            }
            return report;
        };
    }
}
