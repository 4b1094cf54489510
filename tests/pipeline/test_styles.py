"""Results as journals print them: every style is read, and the same rows with one error in each are not.

Each example is the small valid graph of ``good.ttl`` with one more passage and the results that it prints.
"""

import pytest
from paths import TESTS

from kg.pipeline.validate import check_files

PREFIXES = "\n".join(
    f"@prefix {name}: <https://w3id.org/mcrc-kg/id/{name}/> ." for name in ("analysis", "cut", "figure", "interval", "hypothesis")
)
# a population and an endpoint that good.ttl does not have
MORE = """
population:EX-more a mcrc:Population ; rdfs:label "EX, more"@en ; mcrc:selectionCriterion "KRAS mutant" ;
  mcrc:isMutantAt locus:KRAS ; mcrc:hasCondition disease:metastatic-colorectal-cancer .
trial:EX mcrc:hasPopulation population:EX-more .
endpoint:worsening a mcrc:TimeToEventEndpoint ; rdfs:label "time to worsening"@en ; mcrc:countedEvent "undesired" .
"""
# TRIBE, N Engl J Med 2014
NEJM = (
    "12.1 months in the experimental group, as compared with 9.7 months in the control group (hazard ratio for progression,"
    " 0.75; 95% confidence interval [CI], 0.62 to 0.90; P=0.003)"
)
# RAISE, Lancet Oncol 2015
LANCET = (
    "13·3 months (95% CI 12·4–14·5) for patients in the ramucirumab group versus 11·7 months (10·8–12·7) for the placebo"
    " group (hazard ratio 0·844 [95% CI 0·730–0·976]; log-rank p=0·0219)"
)
# VELOUR, J Clin Oncol 2012
JCO = "hazard ratio [HR], 0.817; 95.34% CI, 0.713 to 0.937; P = .0032) with median survival times of 13.50 versus 12.06 months"
RATES = "19.8% (95% CI, 16.4% to 23.2%) with aflibercept compared with 11.1% (95% CI, 8.5% to 13.8%) with placebo (P = .0001)"
# TRIBE, report of the update
REPORT = (
    "29.8 months (95% confidence interval [CI] = 26.0–34.3 months) vs 25.8 months (95% CI = 22.5–29.1 months)"
    " (hazard ratio [HR] = 0.80, P = .03)"
)


def arm(name, endpoint, value, unit, limits=None, level=None, **more):
    """The Turtle of an arm result."""
    statistic = more.pop("statistic", "median" if unit != "%" else "proportion")
    given = f'mcrc:value {float(value)} ; mcrc:valueAsPrinted "{value}" ;' if value else ""
    return (
        f"result:{name} a mcrc:ArmResult ; mcrc:forArm arm:EX-{name} ; mcrc:inPopulation population:EX-more ;"
        f" mcrc:forEndpoint endpoint:{endpoint} ; mcrc:hasStatistic statistic:{statistic} ; {given} {interval(limits, level)}"
        f' {also(more)} mcrc:unit "{unit}" ; prov:wasDerivedFrom passage:300-900 .'
    )


def pair(endpoint, statistic, value, limits=None, level=None, sign=None, p=None, **more):
    """The Turtle of a comparison."""
    effect = f'mcrc:hasStatistic statistic:{statistic} ; mcrc:value {value} ; mcrc:valueAsPrinted "{value}" ;' if value else ""
    chance = f'mcrc:pComparator "{sign}" ; mcrc:pValue {float(p):f} ; mcrc:pValueAsPrinted "{p}" ;' if p else ""
    return (
        "result:c a mcrc:ComparativeResult ; mcrc:experimentalArm arm:EX-a ; mcrc:referenceArm arm:EX-b ;"
        f" mcrc:inPopulation population:EX-more ; mcrc:forEndpoint endpoint:{endpoint} ; {effect} {interval(limits, level)}"
        f" {chance} {also(more)} prov:wasDerivedFrom passage:300-900 ."
    )


def count(number):
    """The Turtle of a count."""
    return (
        f"result:n a mcrc:ParticipantCount ; mcrc:inPopulation population:EX-more ; mcrc:participants {number} ;"
        " prov:wasDerivedFrom passage:300-900 ."
    )


def interval(limits, level):
    names = dict(zip(("ciLower", "ciUpper"), limits or (), strict=False)) | ({"ciLevel": level} if level else {})
    return " ".join(f'mcrc:{name} {float(text)} ; mcrc:{name}AsPrinted "{text}" ;' for name, text in names.items() if text)


def also(more):
    return " ".join(f"mcrc:{name} {value} ;" for name, value in more.items())


def named(text):
    """The results of an example, beside those of ``good.ttl``."""
    return text.replace("result:", "result:new-")


pytestmark = pytest.mark.usefixtures("_files_are_read_once")


@pytest.fixture
def found(tmp_path):
    """What the shapes find in the rows of a passage that prints a text."""

    def check(printed, *rows):
        good = (TESTS / "good.ttl").read_text(encoding="utf-8")
        place = (
            "passage:300-900 a mcrc:Passage ; mcrc:inPart part:p1 ; mcrc:startOffset 300 ; mcrc:endOffset 900 ;"
            f' mcrc:printed "{printed}" .'
        )
        path = tmp_path / "example.ttl"
        path.write_text("\n".join([PREFIXES, good, MORE, place, *map(named, rows)]), encoding="utf-8")
        return [f"{one.severity}: {one.message}" for one in check_files([path]).findings if "characters but" not in one.message]

    return check


STYLES = {
    "NEJM": (
        NEJM,
        arm("a", "PFS", "12.1", "mo"),
        arm("b", "PFS", "9.7", "mo"),
        pair("PFS", "hazard-ratio", "0.75", ("0.62", "0.90"), "95", "=", "0.003", pSides=2),
    ),
    "Lancet": (
        LANCET,
        arm("a", "OS", "13.3", "mo", ("12.4", "14.5"), "95"),
        arm("b", "OS", "11.7", "mo", ("10.8", "12.7"), "95"),
        pair("OS", "hazard-ratio", "0.844", ("0.730", "0.976"), "95", "=", "0.0219"),
    ),
    "JCO": (
        JCO,
        arm("a", "OS", "13.50", "mo"),
        arm("b", "OS", "12.06", "mo"),
        pair("OS", "hazard-ratio", "0.817", ("0.713", "0.937"), "95.34", "=", ".0032"),
    ),
    "rates": (
        RATES,
        arm("a", "ORR", "19.8", "%", ("16.4", "23.2"), "95"),
        arm("b", "ORR", "11.1", "%", ("8.5", "13.8"), "95"),
        pair("ORR", None, None, None, None, "=", "0.0001"),
    ),
    "no interval of the ratio": (
        REPORT,
        arm("a", "OS", "29.8", "mo", ("26.0", "34.3"), "95"),
        arm("b", "OS", "25.8", "mo", ("22.5", "29.1"), "95"),
        pair("OS", "hazard-ratio", "0.80", None, None, "=", ".03"),
    ),
    "JAMA": ("OR: 0.61 [95%CI, .40 – .93]; P<.001", pair("ORR", "odds-ratio", "0.61", ("0.40", "0.93"), "95", "<", "0.001")),
    "level in the middle": (
        "HR (95% CI) 0.66\u00a0(0.50,\u20090.87), two-sided P\u202f≤\u202f0.01",
        pair("OS", "hazard-ratio", "0.66", ("0.50", "0.87"), "95", "≤", "0.01"),
    ),
    "relative risk": (
        "relative risk of response, 1.20 (95% CI 0.90 to 1.60; P > .05)",
        pair("ORR", "risk-ratio", "1.20", ("0.90", "1.60"), "95", ">", ".05"),
    ),
    "difference": ("risk difference 8.7 (95% CI −1.2 to 18.6)", pair("ORR", "risk-difference", "8.7", ("-1.2", "18.6"), "95")),
    "time to another event": (
        "9.3 months and 6.3 months (hazard ratio, 0.54; 95% CI, 0.43 to 0.67)",
        arm("a", "worsening", "9.3", "mo"),
        arm("b", "worsening", "6.3", "mo"),
        pair("worsening", "hazard-ratio", "0.54", ("0.43", "0.67"), "95"),
    ),
    "not reached": (
        "median PFS not reached (95% CI 18.4 to NE) vs 15.6 months",
        arm("a", "PFS", "", "mo", ("18.4", None), "95", notReached="figure:value , figure:ci_upper"),
    ),
    "quartiles": (
        "5.5 weeks (IQR 4.0–7.5)",
        arm("a", "worsening", "5.5", "wk", ("4.0", "7.5"), intervalKind="interval:interquartile"),
    ),
    "rate at a time": (
        "40% at 24 months (95% CI 31–49)",
        arm("a", "OS", "40", "%", ("31", "49"), "95", statistic="rate-at-time", atTime=24.0, atTimeUnit='"mo"'),
    ),
    "non-inferiority": (
        "HR 1.02 (95% CI 0.91–1.14), P for noninferiority = .02",
        pair(
            "PFS", "hazard-ratio", "1.02", ("0.91", "1.14"), "95", "=", ".02", hypothesis="hypothesis:non-inferiority", margin=1.2
        ),
    ),
}
WRONG = {  # an example, what is written wrongly in its rows, and the error
    "digit of a ratio": ("NEJM", '"0.75"', '"0.76"', "the effect 0.76 is not"),
    "digit of a limit": ("Lancet", '"0.730"', '"0.780"', "the interval 0.780-0.976 is not"),
    "limit of the other arm": ("Lancet", '"14.5"', '"12.7"', "the interval 12.4-12.7 is not"),
    "level": ("JCO", '"95.34"', '"95"', "the level 95% of the interval is not"),
    "level left out": ("JCO", 'mcrc:ciLevel 95.34 ; mcrc:ciLevelAsPrinted "95.34" ;', "", "the passage prints the level"),
    "P": ("JCO", '".0032"', '".032"', "P = .032 is not"),
    "comparator": ("JAMA", 'pComparator "<"', 'pComparator "="', "P = 0.001 is not"),
    "P that is the ratio": ("NEJM", '"0.003"', '"0.75"', "P = 0.75 is not"),
    "median": ("JCO", '"12.06"', '"12.6"', "the value 12.6 is not"),
    "median that is in another number": ("JCO", '"12.06"', '"2.06"', "the value 2.06 is not"),
    "unit": ("NEJM", '"mo"', '"wk"', "the unit is 'wk' but"),
    "unit of the other figures": ("rates", 'unit "%"', 'unit "mo"', "the unit is 'mo' but"),
    "unit in a list": ("JCO", 'unit "mo"', 'unit "%"', "the unit is '%' but"),
    "ratio of another kind": ("JAMA", "odds-ratio", "risk-ratio", "is not in the passage as RR"),
    "hazard ratio of a proportion": ("JAMA", "odds-ratio", "hazard-ratio", "the statistic does not match the endpoint"),
    "odds ratio of a time": ("NEJM", "hazard-ratio", "odds-ratio", "the statistic does not match the endpoint"),
    "median of a proportion": ("rates", "proportion", "median", "the statistic does not match the endpoint"),
    "exchanged limits": ("JAMA", "ciLower 0.4 ;", "ciLower 0.99 ;", "the limits of the confidence interval are exchanged"),
    "not reached": ("not reached", "figure:value , figure:ci_upper", "figure:ci_upper", "the result needs a value"),
    "half an interval": (
        "not reached",
        "figure:value , figure:ci_upper",
        "figure:value",
        "an interval needs a value and both limits",
    ),
    "interval of an arm left out": (
        "Lancet",
        interval(("12.4", "14.5"), "95"),
        "",
        "the passage prints an interval after the value",
    ),
    "interval of the other arm left out": (
        "Lancet",
        interval(("10.8", "12.7"), "95"),
        "",
        "the passage prints an interval after the value",
    ),
    "interval of the ratio left out": (
        "Lancet",
        interval(("0.730", "0.976"), "95"),
        "",
        "that the comparison does not have",
    ),
    "P left out": (
        "Lancet",
        'mcrc:pComparator "=" ; mcrc:pValue 0.021900 ; mcrc:pValueAsPrinted "0.0219" ;',
        "",
        "that the comparison does not have",
    ),
    "ratio left out": (
        "no interval of the ratio",
        'mcrc:hasStatistic statistic:hazard-ratio ; mcrc:value 0.80 ; mcrc:valueAsPrinted "0.80" ;',
        "",
        "that the comparison does not have",
    ),
    "time of a rate": ("rate at a time", "atTime 24.0", "atTime 12.0", "the time 12 is not"),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_read(style, found):
    assert found(*STYLES[style]) == []


@pytest.mark.parametrize("error", WRONG)
def test_an_error_in_any_style_is_found(error, found):
    style, old, new, message = WRONG[error]
    printed, *rows = STYLES[style]
    assert any(old in row for row in rows)
    assert any(message in one for one in found(printed, *(row.replace(old, new) for row in rows)))


@pytest.mark.parametrize("printed", ["1,529 patients", "1\u00a0529 patients", "(n = 1529)", "all 1529."])
def test_a_number_with_a_mark_between_thousands_is_read(printed, found):
    assert found(printed, count(1529)) == []
    assert any("the number 529 is not" in one for one in found(printed, count(529)))


@pytest.mark.parametrize(
    ("first", "second", "differs"),
    [("12.1", "12.06", False), ("0.82", "0.817", False), ("65", "65.1", False), ("12.1", "12.2", True), ("12.10", "12.06", True)],
)
def test_a_value_that_rounds_to_the_other_agrees(first, second, differs, found):
    rows = [arm("a", "PFS", first, "mo"), arm("a", "PFS", second, "mo").replace("result:a ", "result:again ")]
    said = found(f"{first} months, {second} months", *rows)
    assert bool(said) == differs
    assert all("the same value is printed elsewhere in the document" in one for one in said)


def test_results_of_different_analyses_are_not_the_same_value(found):
    cuts = " ".join(
        f'trial:EX mcrc:hasAnalysis analysis:{name} . analysis:{name} a mcrc:Analysis ; rdfs:label "{name}"@en ;'
        f" mcrc:analysisKind cut:{name} ; prov:wasDerivedFrom passage:300-900 ."
        for name in ("primary", "update")
    )
    one, two = arm("a", "OS", "31.0", "mo"), arm("a", "OS", "29.8", "mo").replace("result:a ", "result:again ")
    assert len(found("31.0 months, 29.8 months", one, two)) == 2
    first, second = (
        row.replace(" mcrc:unit", f" mcrc:inAnalysis analysis:{cut} ; mcrc:unit")
        for row, cut in ((one, "primary"), (two, "update"))
    )
    assert found("31.0 months, 29.8 months", cuts, first, second) == []


def test_documents_that_differ_do_not_warn(found):
    one = arm("a", "OS", "31.0", "mo")
    other = (
        arm("a", "OS", "29.8", "mo").replace("result:a ", "result:again ").replace("300-900", "elsewhere")
        + ' part:p9 a mcrc:Paragraph ; rdfs:label "Paragraph 9"@en ; mcrc:ofDocument <https://w3id.org/mcrc-kg/id/source/other> ;'
        " mcrc:partStart 0 ; mcrc:partEnd 1000 . <https://w3id.org/mcrc-kg/id/source/other> a mcrc:SourceDocument ;"
        ' rdfs:label "Other"@en . passage:elsewhere a mcrc:Passage ; mcrc:inPart part:p9 ; mcrc:startOffset 0 ;'
        ' mcrc:endOffset 11 ; mcrc:printed "29.8 months" .'
    )
    assert not any("printed elsewhere" in line for line in found("31.0 months", one, other))
