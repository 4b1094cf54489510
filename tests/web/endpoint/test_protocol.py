"""The SPARQL 1.1 Protocol as a read-only service speaks it: the cases of the W3C's list that apply, and what clients do."""

import gzip
import http.client
import json
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from rdflib import Graph, Namespace, URIRef
from server import Reply

import kg
from kg.ask.catalogue import catalogue, questions
from kg.namespaces import PREFIXES

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
ASK = "ASK { ?s ?p ?o }"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
ONTOLOGY, MAPPINGS = "https://w3id.org/mcrc-kg/ontology", "https://w3id.org/mcrc-kg/mappings"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
GRAPHS = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"


def post(server, body, kind, path="/sparql", **headers):
    return server.ask("POST", path, body, Content_Type=kind, **headers)


def values(reply, name):
    return [row[name]["value"] for row in json.loads(reply.body)["results"]["bindings"]]


# --- query operation


def test_query_get(server):
    reply = server.query(ASK)
    assert (reply.status, reply.kind) == (200, "application/sparql-results+json")
    assert json.loads(reply.body)["boolean"] is True


def test_query_post_form(server):
    assert json.loads(post(server, urlencode({"query": ASK}), FORM).body)["boolean"] is True


def test_query_post_direct(server):
    assert json.loads(post(server, ASK, DIRECT).body)["boolean"] is True


def test_a_charset_beside_the_media_type_is_no_other_type(server):
    assert post(server, ASK, DIRECT + "; charset=UTF-8").status == 200
    assert post(server, urlencode({"query": ASK}), FORM + ";charset=UTF-8").status == 200


@pytest.mark.parametrize("how", ["get", "post form", "post direct"])
def test_query_dataset_default_graph(server, how):
    """One default graph, two of them merged: fewer triples than the union, each counted once."""

    def count(*graphs):
        params = [("default-graph-uri", graph) for graph in graphs]
        if how == "get":
            return int(values(server.query(COUNT, params=params), "n")[0])
        if how == "post form":
            return int(values(post(server, urlencode([("query", COUNT), *params]), FORM), "n")[0])
        return int(values(post(server, COUNT, DIRECT, "/sparql?" + urlencode(params)), "n")[0])

    one, other, both, union = count(ONTOLOGY), count(MAPPINGS), count(ONTOLOGY, MAPPINGS), count()
    assert 0 < one < both < union
    assert both <= one + other


def test_query_dataset_named_graphs(server):
    named = [("named-graph-uri", ONTOLOGY), ("named-graph-uri", MAPPINGS)]
    assert values(server.query(GRAPHS, params=named), "g") == [MAPPINGS, ONTOLOGY]
    assert values(server.query(COUNT, params=named), "n") == ["0"], "without a default graph of its own it is empty"


def test_query_dataset_full(server):
    params = [("default-graph-uri", ONTOLOGY), ("named-graph-uri", MAPPINGS)]
    assert values(server.query(GRAPHS, params=params), "g") == [MAPPINGS]
    assert int(values(server.query(COUNT, params=params), "n")[0]) > 0


def test_query_multiple_dataset_that_of_the_protocol_wins(server):
    query = COUNT.replace("WHERE", f"FROM <{MAPPINGS}> WHERE")
    alone = values(server.query(query), "n")
    assert values(server.query(query, params=[("default-graph-uri", ONTOLOGY)]), "n") != alone
    assert values(server.query(COUNT, params=[("default-graph-uri", ONTOLOGY)]), "n") == values(
        server.query(query, params=[("default-graph-uri", ONTOLOGY)]), "n"
    )


def test_a_graph_that_is_no_iri_is_refused(server):
    assert server.query(COUNT, params=[("default-graph-uri", "no iri")]).status == 400


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("SELECT (1 AS ?x) {}", ["application/sparql-results+xml", "application/sparql-results+json", "text/csv"]),
        (ASK, ["application/sparql-results+xml", "application/sparql-results+json"]),
        ("DESCRIBE <https://w3id.org/mcrc-kg/id/drug/cetuximab>", ["application/rdf+xml", "text/turtle", "application/ld+json"]),
        ("CONSTRUCT { ?s a ?o } WHERE { ?s a ?o } LIMIT 3", ["application/rdf+xml", "application/n-triples", "application/trig"]),
    ],
)
def test_query_content_type(server, query, kinds):
    for kind in kinds:
        reply = server.query(query, Accept=kind)
        assert (reply.status, reply.kind) == (200, kind)
    assert server.query(query, Accept="image/png").status == 406


# --- bad queries


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_bad_query_method(server, method):
    reply = server.ask(method, "/sparql?query=" + quote(ASK))
    assert reply.status == 405
    assert {"GET", "POST", "HEAD", "OPTIONS"} == set(reply.headers["allow"].replace(" ", "").split(","))


def test_bad_multiple_queries(server):
    assert server.ask("GET", "/sparql?" + urlencode([("query", ASK), ("query", ASK)])).status == 400
    assert post(server, urlencode([("query", ASK), ("query", ASK)]), FORM).status == 400
    assert post(server, ASK, DIRECT, "/sparql?query=" + quote(ASK)).status == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "", "multipart/form-data; boundary=x"])
def test_bad_query_wrong_or_missing_media_type(server, kind):
    assert post(server, ASK, kind).status == 415


def test_bad_query_form_sent_as_direct(server):
    assert post(server, urlencode({"query": ASK}), DIRECT).status == 400


def test_bad_query_non_utf8(server):
    assert post(server, ASK.encode("utf-16"), DIRECT).status == 400
    assert server.ask("GET", "/sparql?query=%FF%FE").status == 400


def test_bad_query_syntax(server):
    reply = server.query("SELECT *\nWHERE { ?s ?p }", fresh=False)
    assert (reply.status, reply.kind) == (400, "text/plain")
    assert "2:16" in reply.text, "line and column"
    told = server.query("nonsense", Accept="application/sparql-results+json")
    assert told.kind == "application/problem+json"
    assert json.loads(told.body)["status"] == 400


def test_bad_query_nothing_asked_by_post(server):
    assert post(server, "", FORM).status == 400


@pytest.mark.parametrize(("body", "kind"), [("update=" + quote("CLEAR ALL"), FORM), ("CLEAR ALL", "application/sparql-update")])
def test_an_update_is_refused(server, body, kind):
    reply = post(server, body, kind)
    assert reply.status == 403
    assert "read-only" in reply.text
    assert server.ask("GET", "/sparql?update=" + quote("CLEAR ALL")).status == 403
    assert server.query("CLEAR ALL").status == 400


# --- the base of relative IRIs (SPARQL 1.1 Protocol section 2.1.6, RFC 3986 section 5.1)


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_a_relative_iri_resolves_against_the_address_of_the_endpoint(server, path):
    text = "CONSTRUCT { <s> <p> <> , <#o> , </o> } WHERE {}"
    here = server.address
    for reply in (
        server.ask(path=f"{path}?{urlencode({'query': text, 'format': 'nt'})}"),
        post(server, text, DIRECT, path, Accept="application/n-triples"),
        post(server, urlencode({"query": text}), FORM, path, Accept="application/n-triples"),
    ):
        assert reply.status == 200, reply.text
        told = Graph().parse(data=reply.text, format="nt")
        assert set(told.subject_predicates()) == {(URIRef(here + "s"), URIRef(here + "p"))}
        assert set(map(str, told.objects())) == {f"{here}sparql", f"{here}sparql#o", f"{here}o"}


def test_a_base_in_the_query_wins(server):
    reply = server.query("BASE <http://example.org/a/b> CONSTRUCT { <s> <p> <> } WHERE {}", Accept="application/n-triples")
    assert reply.text.split() == ["<http://example.org/a/s>", "<http://example.org/a/p>", "<http://example.org/a/b>", "."]


@pytest.mark.parametrize("host", ["a:b:c", "[", "x y", "a:99999", "\xff"])
def test_a_host_that_is_none_spoils_no_query(server, host):
    assert server.query("CONSTRUCT { <s> <p> <o> } WHERE {}", Host=host).status in (200, 400)
    assert server.query("CONSTRUCT { <s> <p> <o> } WHERE {}").status == 200


def test_a_relative_iri_is_one_of_the_graph_without_a_server(graph):
    found = graph.query("SELECT ?label { <id/drug/cetuximab> <http://www.w3.org/2000/01/rdf-schema#label> ?label }")
    assert [row["label"] for row in found] == ["cetuximab"]


# --- addresses that end with a slash, and those that are no endpoint


def test_the_endpoint_with_a_slash_is_the_endpoint(server):
    assert post(server, ASK, DIRECT, "/sparql/").status == 200
    assert post(server, urlencode({"query": ASK}), FORM, "/sparql/").status == 200
    assert server.ask(path="/sparql/?query=" + quote(ASK)).body == server.query(ASK).body
    assert server.ask("OPTIONS", "/sparql/").status == 204
    assert server.ask("PUT", "/sparql/").status == 405
    description = server.ask(path="/sparql/", Accept="application/n-triples")
    assert URIRef(server.address + "sparql") in set(Graph().parse(data=description.text, format="nt").objects(None, SD.endpoint))
    there = kg.open(server.address + "sparql/")
    assert there.query(ASK) is True


@pytest.mark.parametrize(
    "path", ["/q/", "/query/", "/id/drug/cetuximab/", "/ontology/", "/-/health/", "/tables/", "/void/", "/nothing/"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_no_address_redirects_what_is_not_read(server, method, path):
    reply = server.ask(method, path, "x" if method == "POST" else None)
    assert reply.status in ((204, 404) if method == "OPTIONS" else (404, 405))
    assert "location" not in reply.headers


def test_a_reader_is_led_to_the_address_without_the_slash(server):
    for method in ("GET", "HEAD"):
        reply = server.ask(method, "/search/?q=a%20b")
        assert (reply.status, reply.headers["location"]) == (307, "/search?q=a%20b")
        assert server.ask(method, "/nothing/").status == 404


def test_a_query_at_the_first_page_is_told_where_the_endpoint_is(server):
    for reply in (
        server.ask(path="/?query=" + quote(ASK)),
        server.ask(path="/?query=" + quote(ASK), Accept="text/html"),
        server.ask(path="/?update=" + quote("CLEAR ALL")),
        post(server, urlencode({"query": ASK}), FORM, "/"),
        post(server, ASK, DIRECT, "/"),
    ):
        assert reply.status in (400, 405)
        assert "/sparql" in reply.text
    assert server.ask(path="/?utm_source=letter").status == 200


# --- header lines that come more than once, what is left empty, what a body may be


def lines(server, method, path, *headers, body=b""):
    """The answer to a request whose headers are lines of their own."""
    connection = http.client.HTTPConnection(*server.host, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def test_lines_of_one_header_are_one_list(server):
    """RFC 9110 section 5.3."""
    asked = "/sparql?query=" + quote(ASK)
    reply = lines(server, "GET", asked, ("Accept", "image/png"), ("Accept", "application/sparql-results+xml"))
    assert (reply.status, reply.kind) == (200, "application/sparql-results+xml")
    reply = lines(
        server, "GET", asked, ("Accept", "text/csv;q=0.1"), ("accept", "*/*;q=0.2, application/sparql-results+json;q=0")
    )
    assert reply.kind == "application/sparql-results+xml"
    for path in ("/id/drug/cetuximab.ttl", "/llms.txt", "/q/drug-roles.csv"):
        tag = server.ask(path=path).headers["etag"]
        assert lines(server, "GET", path, ("If-None-Match", '"other"'), ("If-None-Match", tag)).status == 304, path
        assert lines(server, "GET", path, ("If-None-Match", '"other"'), ("If-None-Match", '"one"')).status == 200, path
    wanted = lines(server, "GET", "/sparql?query=x", ("Accept", "text/csv"), ("Accept", "application/json"))
    assert wanted.kind == "application/problem+json"


def test_one_content_type_at_a_time(server):
    one, other = ("Content-Type", DIRECT), ("Content-Type", FORM)
    assert lines(server, "POST", "/sparql", one, one, body=ASK.encode()).status == 200
    reply = lines(server, "POST", "/sparql", one, other, body=ASK.encode())
    assert reply.status == 400
    assert "Content-Type" in reply.text


@pytest.mark.parametrize(
    "empty", ["default-graph-uri=", "named-graph-uri=", "format=", "format=&default-graph-uri=&named-graph-uri="]
)
def test_what_a_form_leaves_empty_is_as_not_sent(server, empty):
    assert server.ask(path=f"/sparql?query={quote(COUNT)}&{empty}").body == server.query(COUNT).body
    assert post(server, f"query={quote(COUNT)}&{empty}", FORM).status == 200
    assert post(server, COUNT, DIRECT, f"/sparql?{empty}").status == 200
    assert server.ask(path=f"/sparql?{empty}", Accept="text/turtle").status == 200
    assert server.ask(path="/id/drug/cetuximab?format=", Accept="text/turtle").status == 200


@pytest.mark.parametrize("text", ["", "%20", "%0A%09", "%EF%BB%BF"])
def test_an_empty_query_is_refused_in_words(server, text):
    for reply in (server.ask(path=f"/sparql?query={text}"), post(server, f"query={text}", FORM)):
        assert reply.status == 400
        assert "empty" in reply.text


def test_a_byte_order_mark_is_passed_over(server):
    """Some editors begin a text with one."""
    mark = b"\xef\xbb\xbf"
    assert post(server, mark + ASK.encode(), DIRECT).status == 200
    assert post(server, mark + urlencode({"query": ASK}).encode(), FORM).status == 200
    assert post(server, urlencode({"query": "\ufeff" + ASK}), FORM).status == 200
    assert server.query("\ufeff" + ASK).status == 200
    assert server.query("\ufeffSELECT *\nnonsense").text == server.query("SELECT *\nnonsense").text, "places are those without it"
    assert server.query("ASK { \ufeff }").status == 400


@pytest.mark.parametrize("kind", [DIRECT, FORM])
def test_a_charset_other_than_utf_8_is_refused(server, kind):
    body = ASK if kind == DIRECT else urlencode({"query": ASK})
    for charset in ("utf-8", '"UTF-8"', "utf8", "US-ASCII"):
        assert post(server, body, f"{kind}; charset={charset}").status == 200, charset
    reply = post(server, body, f"{kind}; charset=ISO-8859-1")
    assert reply.status == 415
    assert "iso-8859-1" in reply.text
    assert "UTF-8" in reply.text


def test_a_coded_body_is_refused_with_what_is_taken(server):
    """RFC 9110 section 15.5.16."""
    reply = post(server, gzip.compress(ASK.encode()), DIRECT, Content_Encoding="gzip")
    assert (reply.status, reply.headers["accept-encoding"]) == (415, "identity")
    assert "gzip" in reply.text
    assert post(server, ASK, DIRECT, Content_Encoding="identity").status == 200
    assert DIRECT in post(server, ASK, "text/plain").headers["accept"]


# --- formats, HEAD, OPTIONS


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
        ("application/sparql-results+json", "application/sparql-results+json"),
    ],
)
def test_format_says_how_to_write_a_table(server, form, kind):
    assert server.query("SELECT (1 AS ?x) {}", params=[("format", form)], Accept="image/png").kind == kind


@pytest.mark.parametrize("form", ["JSON", "Application/SPARQL-Results+JSON", "application/sparql-results json"])
def test_a_format_is_understood_in_capitals_and_with_a_raw_plus(server, form):
    assert server.query(ASK, params=[("format", form)], Accept="text/csv").kind == "application/sparql-results+json"
    raw = server.ask(path=f"/sparql?query={quote(ASK)}&format=application/sparql-results+xml")
    assert raw.kind == "application/sparql-results+xml"


@pytest.mark.parametrize(
    ("query", "form", "words"),
    [
        ('SELECT ("\\u0001" AS ?x) {}', "xml", "U+0001"),
        ('SELECT ("\\uFFFE" AS ?x) {}', "xml", "U+FFFE"),
        ('CONSTRUCT { <s> <p> "\\u0001" } WHERE {}', "rdf", "U+0001"),
        ("CONSTRUCT { <s> <http://ex/1> 1 } WHERE {}", "rdf", "property"),
        ("CONSTRUCT { <s> <p> <<( <s> <p> <o> )>> } WHERE {}", "jsonld", "RDF 1.2"),
    ],
)
def test_a_value_that_a_format_cannot_hold_is_not_acceptable(server, query, form, words):
    reply = server.query(query, params=[("format", form)])
    assert reply.status == 406
    assert words in reply.text
    other = "json" if form == "xml" else "nt"
    assert f"({other})" in reply.text
    assert server.query(query, params=[("format", other)]).status == 200


def test_the_next_format_that_a_client_takes_can_hold_it(server):
    query = "CONSTRUCT { <s> <http://ex/1> 1 } WHERE {}"
    assert server.query(query, Accept="application/rdf+xml, text/turtle;q=0.5").kind == "text/turtle"


def test_a_carriage_return_survives_xml(server):
    reply = server.query('SELECT ("a\\rb\\r\\nc" AS ?x) {}', params=[("format", "xml")])
    assert "".join(ElementTree.fromstring(reply.body).itertext()) == "a\rb\r\nc"


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld", "nq", "trig", "turtle", "xml", "json"])
def test_format_says_how_to_write_a_graph(server, form):
    reply = server.query("CONSTRUCT { ?s a ?o } WHERE { ?s a ?o } LIMIT 3", params=[("format", form)])
    assert reply.status == 200
    parsed = Graph().parse(data=reply.text, format=reply.kind) if form not in ("nq", "trig") else [1, 2, 3]
    assert len(parsed) == 3


def test_a_format_that_does_not_fit_is_not_acceptable(server):
    assert server.query(ASK, params=[("format", "ttl")]).status == 406
    assert server.query(ASK, params=[("format", "docx")]).status == 406


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv;q=0.2, application/sparql-results+xml;q=0.7", "application/sparql-results+xml"),
        ("*/*;q=0.1, text/csv", "text/csv"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("text/turtle, application/json;q=0.5", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("", "application/sparql-results+json"),
    ],
)
def test_accept_is_weighed(server, accept, kind):
    reply = server.query("SELECT (1 AS ?x) {}", Accept=accept)
    assert reply.kind == kind
    assert reply.headers["vary"] == "Accept"


def test_head_is_get_without_a_body(server):
    reply, whole = (server.ask(method, "/sparql?query=" + quote(ASK)) for method in ("HEAD", "GET"))
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == whole.headers["content-length"]


def test_another_site_may_ask(server):
    preflight = server.ask("OPTIONS", Origin="https://example.org", Access_Control_Request_Method="POST")
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    for reply in (preflight, server.query(ASK), server.query("nonsense")):
        assert reply.headers["access-control-allow-origin"] == "*"
    assert server.ask("OPTIONS").headers["allow"] == "GET, HEAD, POST, OPTIONS"


# --- what the endpoint says of itself


def test_without_a_query_the_service_describes_itself(server):
    for kind in ("text/turtle", "application/rdf+xml", "application/ld+json", "application/n-triples"):
        reply = server.ask(Accept=kind)
        assert (reply.status, reply.kind) == (200, kind)
        told = Graph().parse(data=reply.text, format=kind)
        (service,) = told.subjects(SD.endpoint, URIRef(server.address + "sparql"))
        assert SD.SPARQL11Query in set(told.objects(service, SD.supportedLanguage))
        assert SD.UnionDefaultGraph in set(told.objects(service, SD.feature))
        assert SD.BasicFederatedQuery not in set(told.objects(service, SD.feature))
        assert URIRef(ONTOLOGY) in set(told.objects(None, SD.name))


EDITOR_PREFIXES = """PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?prefix ?namespace WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix } ORDER BY ?prefix"""
EDITOR_EXAMPLES = """PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX spex: <https://purl.expasy.org/sparql-examples/ontology#>
SELECT DISTINCT ?sq ?comment ?query WHERE { ?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ;
  sh:select|sh:ask|sh:construct|spex:describe ?query } ORDER BY ?sq"""
EDITOR_CLASSES = """PREFIX void: <http://rdfs.org/ns/void#> PREFIX void-ext: <http://ldf.fi/void-ext#>
SELECT DISTINCT ?subjectClass ?prop ?objectClass ?objectDatatype ?triples WHERE {
  ?cp void:class ?subjectClass ; void:propertyPartition ?pp . ?pp void:property ?prop .
  OPTIONAL { ?pp void:triples ?triples }
  OPTIONAL { { ?pp void:classPartition [ void:class ?objectClass ] }
    UNION { ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] } } }"""


def test_an_editor_finds_prefixes_examples_and_classes_in_the_endpoint(server):
    """The three questions that the editor of the SIB asks of an endpoint when it starts."""
    prefixes = server.query(EDITOR_PREFIXES)
    assert dict(zip(values(prefixes, "prefix"), values(prefixes, "namespace"), strict=True)) == PREFIXES
    examples = values(server.query(EDITOR_EXAMPLES), "query")
    assert len(examples) == len(catalogue())
    assert server.query(examples[0]).status == 200
    rows = json.loads(server.query(EDITOR_CLASSES).body)["results"]["bindings"]
    mcrc = PREFIXES["mcrc"]
    found = {tuple(row.get(name, {}).get("value") for name in ("subjectClass", "prop", "objectClass")) for row in rows}
    assert (f"{mcrc}Study", f"{mcrc}hasPopulation", f"{mcrc}Population") in found
    assert any(row.get("objectDatatype", {}).get("value", "").endswith("#decimal") for row in rows)


def test_the_counts_of_the_description_are_those_of_the_data(server, graph):
    told = Graph().parse(data=server.ask(path="/.well-known/void", Accept="text/turtle").text)
    rows = told.query(
        """PREFIX void: <http://rdfs.org/ns/void#> SELECT ?n WHERE {
        ?c void:class <https://w3id.org/mcrc-kg/ontology#Drug> ; void:propertyPartition ?p .
        ?p void:property <http://www.w3.org/2000/01/rdf-schema#label> ; void:triples ?n }"""
    )
    here = graph.query(
        "PREFIX mcrc: <https://w3id.org/mcrc-kg/ontology#> SELECT (COUNT(*) AS ?n) { ?d a mcrc:Drug ; rdfs:label ?l }".replace(
            "PREFIX", "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX", 1
        )
    )
    assert [int(row.n) for row in rows] == [here.to_dicts()[0]["n"]]


@pytest.mark.parametrize("name", list(catalogue())[::5])
def test_a_canned_question_has_the_same_answer_through_the_server(server, graph, name):
    there = kg.open(server.address + "sparql")
    sparql = graph.bound(name)
    assert there.query(sparql) == graph.query(sparql)


def test_federated_examples_are_offered_only_where_they_may_run(server):
    federated = [name for name, asked in questions().items() if asked.endpoint]
    assert federated
    for name in federated[:2]:
        assert server.ask(path=f"/examples/{name}.ttl").status == 404
