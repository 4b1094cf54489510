"""The W3C's SPARQL suites as RDF4J publishes them for tests: ``python tests/w3c/fetch.py FOLDER`` unpacks them there with Maven.

The suites are never part of this repository. Where Maven is missing or reaches no registry, it prints the reason and ends with
exit status 5.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ARTIFACT = "org.eclipse.rdf4j:rdf4j-sparql-testsuite:5.1.0"
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:2.8:unpack"
LIMIT = 120  # seconds that Maven may take


def fetch(folder):
    """Unpack the suites; what went wrong comes back, None when nothing did."""
    maven = shutil.which("mvn")
    if maven is None:
        return "Maven (mvn) is not here"
    folder.mkdir(parents=True, exist_ok=True)
    words = [maven, "-q", "-B", GOAL, f"-Dartifact={ARTIFACT}", "-Dmdep.unpack.includes=testcases-*/**"]
    try:
        # in that folder, where no project file can change what Maven does
        done = subprocess.run(
            [*words, f"-DoutputDirectory={folder.resolve()}"], cwd=folder, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"Maven took longer than {LIMIT} seconds"
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if "ERROR" in line]
        return said[0] if said else f"Maven ended with status {done.returncode}"
    return None


def main():
    """The command; its exit status comes back."""
    folder = Path(sys.argv[1])
    failure = fetch(folder)
    print(f"the W3C suites are not run: {failure}" if failure else f"{ARTIFACT} is in {folder}")
    return 5 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
