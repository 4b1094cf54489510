"""Justifications as an ontology editor shows them: every minimal set of axioms from which the type of an individual follows.

HermiT decides, and the explanation generator of the OWL API, a hitting set tree over calls of the reasoner, finds them; both are
in the HermiT package. To be quick, it searches the axioms that can matter: those about classes and properties, and the
assertions about what can be reached from the individual. OWL 2 EL has no inverses, so no other assertion takes part; those
that point to what is reached are searched too, because a range infers a type from them.

Reference: Kalyanpur, Parsia, Horridge and Sirin, Finding all justifications of OWL DL entailments. ISWC 2007, LNCS 4825.
"""

from kg.pipeline.owlapi import Document, _java

_EXPLANATION = "com.clarkparsia.owlapi.explanation"


class Justifier:
    """The justifications of types in an ontology document."""

    def __init__(self, path):
        self._document = Document(path)
        self._factory = self._document._manager.getOWLDataFactory()
        self._terms, self._assertions = [], []
        for axiom in self._document._ontology.getLogicalAxioms():
            named = {str(one) for one in axiom.getIndividualsInSignature()}
            (self._assertions if str(axiom.getAxiomType()).endswith("Assertion") else self._terms).append((axiom, named))

    def __len__(self):
        """The number of axioms."""
        return len(self._terms) + len(self._assertions)

    def of(self, individual, a_class, most):
        """At most so many justifications of a type, each a set of axioms as text."""
        one, kind = self._named("NamedIndividual", individual), self._named("Class", a_class)
        manager = _class("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        generator = _class(f"{_EXPLANATION}.DefaultExplanationGenerator")(
            manager,
            _class("org.semanticweb.HermiT.Reasoner$ReasonerFactory")(),
            manager.createOntology(self._searched(str(one))),
            _class(f"{_EXPLANATION}.util.SilentExplanationProgressMonitor")(),
        )
        found = generator.getExplanations(self._factory.getOWLClassAssertionAxiom(kind, one), most)
        return {frozenset(map(str, justification)) for justification in found}

    def _searched(self, individual):
        reached, before = {individual}, set()
        for _, named in self._terms:
            reached |= named  # a restriction to a value leads to its individual
        while reached != before:
            before = set(reached)
            for axiom, named in self._assertions:
                if str(axiom.getAxiomType()) == "ObjectPropertyAssertion" and str(axiom.getSubject()) in reached:
                    reached |= named
        searched = _class("java.util.HashSet")()
        for axiom, named in (*self._terms, *self._assertions):
            if named <= reached or (named & reached and str(axiom.getAxiomType()) == "ObjectPropertyAssertion"):
                searched.add(axiom)
        for axiom, _ in self._terms:
            searched.add(axiom)
        return searched

    def _named(self, kind, iri):
        return getattr(self._factory, f"getOWL{kind}")(_class("org.semanticweb.owlapi.model.IRI").create(str(iri)))


def _class(name):
    return _java().JClass(name)
