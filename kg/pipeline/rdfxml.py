"""RDF/XML in a fixed order: equal graphs have equal texts. The OWL API writes it in an order that changes from run to run.

Specification: RDF 1.1 XML Syntax, W3C Recommendation 25 February 2014.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from rdflib import OWL, RDF, BNode, Graph, Literal, URIRef
from rdflib.namespace import split_uri
from rdflib.term import Node

from kg.errors import InputError
from kg.namespaces import PREFIXES

_XML = "{http://www.w3.org/XML/1998/namespace}"
_DESCRIPTION = URIRef(str(RDF) + "Description")


def to_rdfxml(graph: Graph) -> str:
    """A graph whose blank nodes are nested in a tree, as those of an ontology are, as RDF/XML.

    >>> graph = Graph().parse(data="@prefix drug: <https://w3id.org/mcrc-kg/id/drug/> . drug:b a drug:A ; drug:q [ drug:r 2 ] .")
    >>> print(to_rdfxml(graph), end="")
    <?xml version="1.0" encoding="UTF-8"?>
    <rdf:RDF xmlns:drug="https://w3id.org/mcrc-kg/id/drug/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="https://w3id.org/mcrc-kg/id/drug/b">
        <rdf:type rdf:resource="https://w3id.org/mcrc-kg/id/drug/A" />
        <drug:q>
          <rdf:Description>
            <drug:r rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">2</drug:r>
          </rdf:Description>
        </drug:q>
      </rdf:Description>
    </rdf:RDF>

    Raises :class:`~kg.errors.InputError` for a blank node that several statements share.
    """
    nested = [o for o in graph.objects() if isinstance(o, BNode)]
    if len(nested) != len(set(nested)):
        raise InputError("a blank node is the object of several statements; give it an IRI")
    for prefix, namespace in PREFIXES.items():
        ET.register_namespace(prefix, namespace)
    root = ET.Element(f"{{{RDF}}}RDF")
    root.extend([_node(graph, subject) for subject in sorted({s for s in graph.subjects() if isinstance(s, URIRef)})])
    axioms = [_node(graph, subject) for subject in {*graph.subjects()} - {*nested} if isinstance(subject, BNode)]
    root.extend(sorted(axioms, key=_text))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_text(root)}\n'


def _text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode")


def _node(graph: Graph, subject: Node) -> ET.Element:
    kind = min((one for one in graph.objects(subject, RDF.type) if isinstance(one, URIRef) and one in OWL), default=None)
    element = ET.Element(_name(kind or _DESCRIPTION))
    if isinstance(subject, URIRef):
        element.set(f"{{{RDF}}}about", str(subject))
    values = [_value(graph, p, o) for p, o in graph.predicate_objects(subject) if (p, o) != (RDF.type, kind)]
    element.extend(sorted(values, key=lambda one: (one.tag != _name(RDF.type), one.tag, _text(one))))
    return element


def _value(graph: Graph, predicate: Node, value: Node) -> ET.Element:
    element = ET.Element(_name(predicate))
    if isinstance(value, Literal):
        element.text = str(value)
        if value.language:
            element.set(f"{_XML}lang", value.language)
        elif value.datatype:
            element.set(f"{{{RDF}}}datatype", str(value.datatype))
    elif isinstance(value, URIRef):
        element.set(f"{{{RDF}}}resource", str(value))
    elif (value, RDF.first, None) in graph:
        element.set(f"{{{RDF}}}parseType", "Collection")
        element.extend([_item(graph, item) for item in graph.items(value)])
    else:
        element.append(_node(graph, value))
    return element


def _item(graph: Graph, item: Node) -> ET.Element:
    if isinstance(item, URIRef):
        return ET.Element(_name(_DESCRIPTION), {f"{{{RDF}}}about": str(item)})
    return _node(graph, item)


def _name(term: Node) -> str:
    return "{{{}}}{}".format(*split_uri(str(term)))
