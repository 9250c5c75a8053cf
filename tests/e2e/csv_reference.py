#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what the csv-insight tools answered with Python's own csv and statistics modules.

    csv_reference.py summarize TABLE.csv [OUTPUT.json]
    csv_reference.py query     TABLE.csv QUERY.json [OUTPUT.json]
    csv_reference.py list-queries
    csv_reference.py print-query NAME

The output is read from standard input when no file is named, either bare or in the document that
`palyra run --json` prints. Every figure is compared: counts and texts exactly, numbers within a
relative 1e-9. Differences are printed, one a line, and the exit code is 1. `print-query` writes the
arguments `query` of the queries that the end-to-end test asks.
"""

import csv
import datetime
import json
import math
import re
import statistics
import sys
from collections import Counter

MISSING = {"", "NA"}
RELATIVE_TOLERANCE = 1e-9
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")

QUERIES = {
    "mean-by-bike": {
        "where": [
            {"column": "minutes", "op": "lt", "value": 720},
            {"column": "date", "op": "ge", "value": "2024-06-01"},
        ],
        "group_by": ["bike", "member"],
        "aggregate": [
            {"fn": "count"},
            {"fn": "count", "column": "distance_km"},
            {"fn": "mean", "column": "distance_km"},
            {"fn": "sum", "column": "fare_eur"},
            {"fn": "stddev", "column": "temperature_c"},
            {"fn": "min", "column": "date"},
            {"fn": "max", "column": "minutes"},
        ],
        "order_by": {"column": "mean(distance_km)", "descending": True},
    },
    "never-docked": {
        "where": [
            {"column": "minutes", "op": "ge", "value": 720},
            {"column": "from_station", "op": "contains", "value": "a"},
            {"column": "battery_percent", "op": "is_missing"},
        ],
        "select": ["date", "from_station", "minutes", "member", "temperature_c", "comment"],
        "order_by": {"column": "minutes", "descending": True},
        "limit": 5,
    },
    "busiest-days": {
        "group_by": ["date"],
        "aggregate": [{"fn": "count"}, {"fn": "mean", "column": "temperature_c"}],
        "order_by": {"column": "count", "descending": True},
        "limit": 7,
    },
}


def read_table(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file, strict=True) if row]
    return rows[0], [["" if cell in MISSING else cell for cell in row] for row in rows[1:]]


def is_date(text):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def type_of(text):
    if INTEGER.fullmatch(text) and abs(int(text)) <= 2**53:
        return "integer"
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return "number"
    if text.lower() in ("true", "false"):
        return "boolean"
    return "date" if is_date(text) else "text"


def column_type(values):
    types = {type_of(value) for value in values}
    if len(types) == 1:
        return types.pop()
    if types == {"integer", "number"}:
        return "number"
    return "text" if types else "empty"


def summarize(path):
    names, rows = read_table(path)
    columns = []
    for index, name in enumerate(names):
        values = [row[index] for row in rows if row[index]]
        column = {
            "name": name,
            "type": column_type(values),
            "count": len(values),
            "missing": len(rows) - len(values),
            "distinct": len(set(values)),
        }
        if column["type"] in ("integer", "number"):
            numbers = [float(value) for value in values]
            column.update(min=min(numbers), max=max(numbers), mean=statistics.mean(numbers))
            if len(numbers) > 1:
                column["stddev"] = statistics.stdev(numbers)
        if column["type"] == "date":
            column.update(min=min(values), max=max(values))
        column["top"] = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0].encode()))
        columns.append(column)
    return {"rows": len(rows), "columns": columns}


def meets(cell, condition):
    op, operand = condition["op"], condition.get("value")
    if op in ("is_missing", "not_missing"):
        return (cell == "") == (op == "is_missing")
    if cell == "":
        return False
    if op == "contains":
        return operand in cell
    if isinstance(operand, bool):
        if type_of(cell) != "boolean":
            return False
        cell = cell.lower() == "true"
    elif isinstance(operand, str):
        cell, operand = cell.encode(), operand.encode()
    elif type_of(cell) in ("integer", "number"):
        cell = float(cell)
    else:
        return False
    compare = {
        "eq": cell == operand, "ne": cell != operand, "lt": cell < operand,
        "le": cell <= operand, "gt": cell > operand, "ge": cell >= operand,
    }  # fmt: skip
    return compare[op]


def typed(cell, kind):
    if cell == "":
        return None
    if kind in ("integer", "number"):
        return float(cell)
    return cell.lower() == "true" if kind == "boolean" else cell


def aggregate(values, function, kind):
    if function == "count":
        return len(values)
    if len(values) < (2 if function == "stddev" else 1):
        return None
    if kind == "date":
        return min(values) if function == "min" else max(values)
    numbers = [float(value) for value in values]
    functions = {
        "sum": math.fsum, "mean": statistics.mean, "min": min, "max": max, "stddev": statistics.stdev,
    }  # fmt: skip
    return functions[function](numbers)


def group(rows, query, index, types):
    by = query.get("group_by", [])
    groups = {} if by else {(): []}
    for row in rows:
        groups.setdefault(tuple(row[index[name]] for name in by), []).append(row)
    lines = []
    for key, members in groups.items():
        line = [typed(cell, types[name]) for cell, name in zip(key, by)]
        for item in query.get("aggregate", []):
            name = item.get("column")
            values = members if name is None else [row[index[name]] for row in members if row[index[name]]]
            line.append(aggregate(values, item["fn"], types.get(name)))
        lines.append(line)
    return lines


def result_names(query, names):
    if "group_by" not in query and "aggregate" not in query:
        return query.get("select", names)
    aggregates = query.get("aggregate", [])
    return query.get("group_by", []) + [
        f"{item['fn']}({item['column']})" if "column" in item else item["fn"] for item in aggregates
    ]


def order(lines, at, descending):
    def key(line):
        return line[at].encode() if isinstance(line[at], str) else line[at]

    present = [line for line in lines if line[at] is not None]
    absent = [line for line in lines if line[at] is None]
    return sorted(present, key=key, reverse=descending) + absent


def answer(path, query):
    names, rows = read_table(path)
    index = {name: at for at, name in enumerate(names)}
    types = {name: column_type([row[at] for row in rows if row[at]]) for name, at in index.items()}
    conditions = query.get("where", [])
    matched = [row for row in rows if all(meets(row[index[c["column"]]], c) for c in conditions)]
    columns = result_names(query, names)
    if "group_by" in query or "aggregate" in query:
        lines = group(matched, query, index, types)
    else:
        lines = [[typed(row[index[name]], types[name]) for name in columns] for row in matched]
    if "order_by" in query:
        by = query["order_by"]
        lines = order(lines, columns.index(by["column"]), by.get("descending", False))
    return {"columns": columns, "rows": lines[: query.get("limit", 100)], "matched_rows": len(matched)}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def differences(expected, actual, where=""):
    """One text for each place where two JSON values differ."""
    if is_number(expected) and is_number(actual):
        same = math.isclose(expected, actual, rel_tol=RELATIVE_TOLERANCE)
        return [] if same else [f"{where}: expected {expected!r}, got {actual!r}"]
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = [f"{where}.{key}: missing" for key in expected.keys() - actual.keys()]
        found += [f"{where}.{key}: not expected" for key in actual.keys() - expected.keys()]
        for key in expected.keys() & actual.keys():
            found += differences(expected[key], actual[key], f"{where}.{key}")
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        found = [] if len(expected) == len(actual) else [f"{where}: expected {len(expected)}, got {len(actual)} entries"]
        for at, (one, other) in enumerate(zip(expected, actual)):
            found += differences(one, other, f"{where}[{at}]")
        return found
    same = type(expected) is type(actual) and expected == actual
    return [] if same else [f"{where}: expected {expected!r}, got {actual!r}"]


def summary_differences(expected, actual):
    """As `differences`, with as many of the expected top values as the tool was asked for."""
    longest = max((len(column.get("top", [])) for column in actual.get("columns", [])), default=0)
    for column in expected["columns"]:
        column["top"] = [{"value": value, "count": count} for value, count in column["top"][:longest]]
    return differences(expected, actual)


def read_output(arguments):
    if arguments:
        with open(arguments[0], encoding="utf-8") as file:
            document = json.load(file)
    else:
        document = json.load(sys.stdin)
    if "schema_version" in document:
        document = document["result"]["output"]
    return document


def main(arguments):
    match arguments:
        case ["list-queries"]:
            print("\n".join(QUERIES))
            return 0
        case ["print-query", name] if name in QUERIES:
            print(json.dumps(QUERIES[name]))
            return 0
        case ["summarize", path, *output] if len(output) <= 1:
            found = summary_differences(summarize(path), read_output(output))
        case ["query", path, query, *output] if len(output) <= 1:
            with open(query, encoding="utf-8") as file:
                found = differences(answer(path, json.load(file)), read_output(output))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    for line in found:
        print(line.lstrip("."))
    print(f"{len(found)} differences" if found else "every figure agrees", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
