"""Things by their own addresses."""

import pytest
from paths import ROOT
from rdflib import RDF, RDFS, SH, Graph, Literal, Namespace, URIRef

from kg.namespaces import BASE, MCRC

CETUXIMAB = URIRef(BASE + "id/drug/cetuximab")
TYPES = {"ttl": "text/turtle", "jsonld": "application/ld+json", "nt": "application/n-triples", "rdf": "application/rdf+xml"}
VOID = Namespace("http://rdfs.org/ns/void#")


def parsed(reply):
    return Graph().parse(data=reply.text, format=reply.kind)


@pytest.mark.parametrize(("ending", "kind"), TYPES.items())
def test_a_thing_in_each_syntax_by_ending_and_by_accept(server, ending, kind):
    by_ending = server.ask(path=f"/id/drug/cetuximab.{ending}", Accept="text/html")
    by_accept = server.ask(path="/id/drug/cetuximab", Accept=kind)
    for reply in (by_ending, by_accept):
        assert (reply.status, reply.kind) == (200, kind)
        told = parsed(reply)
        assert (CETUXIMAB, RDFS.label, Literal("cetuximab", lang="en")) in told
        assert (CETUXIMAB, RDF.type, MCRC.Drug) in told
        assert set(told.subjects(None, CETUXIMAB)), "who points at it"


def test_links_lead_to_the_other_forms(server):
    headers = server.ask(path="/id/drug/cetuximab", Accept="text/turtle").headers
    assert f'<{CETUXIMAB}>; rel="canonical"' in headers["link"]
    assert '</.well-known/void>; rel="describedby"' in headers["link"]
    for ending, kind in TYPES.items():
        assert f'</id/drug/cetuximab.{ending}>; rel="alternate"; type="{kind}"' in headers["link"]
    assert headers["vary"] == "Accept, Accept-Encoding"
    assert headers["cache-control"].startswith("public, max-age=")


def test_what_a_client_holds_is_not_sent_again(server):
    first = server.ask(path="/id/drug/cetuximab.ttl")
    again = server.ask(path="/id/drug/cetuximab.ttl", If_None_Match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert server.ask(path="/id/drug/cetuximab.ttl", If_None_Match=f'"other", W/{first.headers["etag"]}').status == 304
    assert server.ask(path="/id/drug/cetuximab.nt", If_None_Match=first.headers["etag"]).status == 200


@pytest.mark.parametrize(
    "path", ["/id/drug/nothing", "/id/drug/a%20b", "/id/", "/id/x/y/z", "/nothing", "/ontology/9.9", "/id/drug/%3Cscript%3E"]
)
def test_what_is_unknown_is_not_found(server, path):
    reply = server.ask(path=path)
    assert (reply.status, reply.kind) == (404, "text/plain")
    assert "<" not in reply.text


def test_a_thing_cannot_be_changed(server):
    assert server.ask("DELETE", "/id/drug/cetuximab").status == 405
    assert server.ask(path="/id/drug/cetuximab", Accept="image/png").status == 406


def test_a_browser_gets_the_page(server):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert server.ask(path="/id/drug/cetuximab", Accept=accept).kind == "text/html"


def test_every_type_of_thing_resolves(server, graph):
    seen = {}
    for row in graph.ask("names"):
        seen.setdefault(
            row["entity_iri"].removeprefix(BASE).split("/")[1] if "/id/" in row["entity_iri"] else "", row["entity_iri"]
        )
    for iri in filter(lambda iri: "/id/" in iri, seen.values()):
        reply = server.ask(path="/" + iri.removeprefix(BASE) + ".nt")
        assert reply.status == 200, iri
        assert f"<{iri}>" in reply.text


def test_the_ontology_resolves_also_by_version(server):
    told = parsed(server.ask(path="/ontology", Accept="text/turtle"))
    assert (MCRC.Drug, RDFS.label, Literal("drug", lang="en")) in told
    assert len(parsed(server.ask(path="/ontology/0.2.0", Accept="application/n-triples"))) == len(told)
    assert len(parsed(server.ask(path="/ontology.rdf"))) == len(told)


@pytest.mark.parametrize("name", ["inferred", "mappings", "examples", "void", "dataset", ".well-known/void"])
def test_the_other_graphs_resolve(server, name):
    assert len(parsed(server.ask(path=f"/{name}", Accept="application/n-triples"))) > 100


def test_the_description_counts_classes_and_properties(server):
    told = parsed(server.ask(path="/.well-known/void", Accept="text/turtle"))
    dataset = URIRef(BASE + "dataset")
    assert (None, VOID["class"], MCRC.Drug) in told
    (partition,) = set(told.subjects(VOID["class"], MCRC.Drug)) & set(told.objects(dataset, VOID.classPartition))
    assert set(told.objects(partition, VOID.propertyPartition))
    assert set(told.objects(dataset, VOID.propertyPartition))


def test_every_part_of_the_description_resolves(server):
    told = parsed(server.ask(path="/.well-known/void", Accept="application/n-triples"))
    parts = sorted({str(part) for part in told.subjects() if isinstance(part, URIRef) and f"{BASE}dataset/" in part})
    assert len(parts) > 1000
    for iri in parts[::100]:
        path = "/" + iri.removeprefix(BASE)
        reply = server.ask(path=path, Accept="application/n-triples")
        assert reply.status == 200, iri
        assert set(told.predicate_objects(URIRef(iri))) <= set(parsed(reply).predicate_objects(URIRef(iri)))
        assert server.ask(path=f"{path}.ttl").kind == "text/turtle"
        assert server.ask(path=path, Accept="text/html").status == 200
    assert server.ask(path="/dataset/class/nothing").status == 404


@pytest.mark.parametrize("path", ["/dataset", "/void", "/ontology", "/mappings"])
def test_the_other_forms_that_are_named_are_there(server, path):
    links = server.ask(path=path, Accept="application/n-triples").headers["link"].split(", ")
    others = [link.partition(">")[0].removeprefix("<") for link in links if 'rel="alternate"' in link]
    assert len(others) == len(TYPES)
    assert all(server.ask(path=other).status == 200 for other in others)


def test_an_example_resolves_and_names_its_prefixes(server):
    example = URIRef(BASE + "examples/drug-roles")
    told = parsed(server.ask(path="/examples/drug-roles.ttl"))
    assert {SH.SPARQLExecutable, SH.SPARQLSelectExecutable} <= set(told.objects(example, RDF.type))
    assert "SELECT" in str(told.value(example, SH.select))
    assert (example, SH.prefixes, URIRef(BASE + "examples/prefixes")) in told


def test_the_redirects_for_w3id_lead_to_paths_that_are_served(server):
    lines = (ROOT / "docs" / "w3id" / ".htaccess").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("RewriteRule") for line in lines)
    assert all("example.org" in line for line in lines if line.startswith("RewriteRule"))
