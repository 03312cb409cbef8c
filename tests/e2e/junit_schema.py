"""Checks JUnit reports by what Ant's schema (windyroad) and Jenkins' (junit-10.xsd) both demand.

usage: junit_schema.py FOLDER, with NAME.junit and NAME.junit.status in it.
"""
import glob
import re
import sys
import xml.etree.ElementTree as ElementTree

# element: (attributes that must be there, attributes that may be, children that may be, in order)
SHAPE = {
    "testsuites": (set(), set(), ["testsuite"]),
    "testsuite": (
        {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "time"},
        {"skipped"},
        ["properties", "testcase", "system-out", "system-err"],
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"name", "classname", "time"}, set(), ["skipped", "error", "failure"]),
    "skipped": (set(), {"message", "type"}, []),
    "error": ({"type"}, {"message"}, []),
    "failure": ({"type"}, {"message"}, []),
    "system-out": (set(), set(), []),
    "system-err": (set(), set(), []),
}
WORDS = {
    "time": r"\d+\.\d{3}",
    "id": r"\d+",
    "tests": r"\d+",
    "failures": r"\d+",
    "errors": r"\d+",
    "skipped": r"\d+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "hostname": r"\S+",
}


def check(element):
    must, may, children = SHAPE[element.tag]
    have = set(element.attrib)
    assert must <= have <= must | may, f"{element.tag}: attributes {have}"
    for name, value in element.attrib.items():
        if name in WORDS:
            assert re.fullmatch(WORDS[name], value), f"{element.tag} {name}={value}"
    order = [children.index(child.tag) for child in element]
    assert order == sorted(order), f"{element.tag}: children out of order"
    if element.tag == "testcase":
        assert len(element) <= 1, "a test case with two results"
    if element.tag == "testsuite":
        assert element.get("name").strip(), "a suite without a name"
        for once in ("properties", "system-out", "system-err"):
            assert len(element.findall(once)) == 1, f"{once} must be there once"
        cases = element.findall("testcase")
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            count = sum(1 for case in cases if case.find(tag) is not None)
            assert int(element.get(attribute)) == count, f"{attribute} does not count right"
        assert int(element.get("tests")) == len(cases), "tests does not count right"
    for child in element:
        check(child)


def main(folder):
    bad = 0
    for path in sorted(glob.glob(folder + "/*.junit")):
        status = int(open(path + ".status").read())
        if status == 4:
            continue
        try:
            root = ElementTree.parse(path).getroot()
            assert root.tag == "testsuites", root.tag
            check(root)
            red = root.find(".//failure") is not None or root.find(".//error") is not None
            assert red == bool(status), f"red {red}, exit status {status}"
            assert root.find(".//testcase") is not None, "empty"
        except (AssertionError, ValueError, KeyError, ElementTree.ParseError) as problem:
            print(f"{path}: {problem}")
            bad += 1
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
