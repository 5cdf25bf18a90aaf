"""Checks requests against Twilio's own OpenAPI description of its Messages API, where that file is present.

The description is not part of the project: it lies beside it, in a folder `shared`, as in CI. Without it nothing is
checked here; the server on loopback (twilio_server.py) has its own rules from the published parameters.
"""

import functools
import json
import re
from pathlib import Path
from typing import Any, Final

DESCRIPTION: Final = Path(__file__).parents[2].parent / "shared" / "twilio_messages_openapi.json"


@functools.cache
def description() -> dict[str, Any] | None:
    """The description; None where it is not present."""
    if not DESCRIPTION.is_file():
        return None
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
    return found


def violations(method: str, path: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> list[str]:
    """What in a request the description does not allow, in words without values."""
    known = description()
    if known is None:
        return []
    operation, parts = _operation(known, method, path)
    if operation is None:
        return [f"no operation {method} {re.sub(r'[0-9a-fA-F]{32}', '…', path)}"]
    wrong: list[str] = []
    declared = {each["name"]: each for each in operation.get("parameters", [])}
    for name, value in parts.items():
        wrong += _check(known, declared[name]["schema"], [value], f"path {name}") if name in declared else []
    for name, values in query.items():
        if name not in declared or declared[name]["in"] != "query":
            wrong.append(f"unknown query parameter {name}")
        else:
            wrong += _check(known, declared[name]["schema"], values, f"query {name}")
    wrong += [
        f"query parameter {name} is missing"
        for name, each in declared.items()
        if each["in"] == "query" and each.get("required") and name not in query
    ]
    body = operation.get("requestBody")
    schema = body["content"]["application/x-www-form-urlencoded"]["schema"] if body else {}
    for name, values in form.items():
        if name not in schema.get("properties", {}):
            wrong.append(f"unknown form parameter {name}")
        else:
            wrong += _check(known, schema["properties"][name], values, f"form {name}")
    return wrong + [f"form parameter {name} is missing" for name in schema.get("required", []) if name not in form]


def message_properties() -> dict[str, Any] | None:
    """The properties of a message resource; None where the description is not present."""
    known = description()
    if known is None:
        return None
    properties: dict[str, Any] = known["components"]["schemas"]["api.v2010.account.message"]["properties"]
    return properties


def _operation(known: dict[str, Any], method: str, path: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
    for template, operations in known["paths"].items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        found = re.fullmatch(pattern, path)
        if found and method.lower() in operations:
            return operations[method.lower()], found.groupdict()
    return None, {}


def _check(known: dict[str, Any], schema: dict[str, Any], values: list[str], where: str) -> list[str]:
    if "$ref" in schema:
        schema = known["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "array":
        return [wrong for value in values for wrong in _check(known, schema["items"], [value], where)]
    if len(values) != 1:
        return [f"{where} is given {len(values)} times"]
    return [f"{where}: {wrong}" for wrong in _wrong(schema, values[0])]


def _wrong(schema: dict[str, Any], value: str) -> list[str]:
    wrong: list[str] = []
    kind = schema.get("type")
    if kind == "integer":
        if not re.fullmatch(r"-?\d+", value):
            return ["not an integer"]
        if int(value) < schema.get("minimum", int(value)) or int(value) > schema.get("maximum", int(value)):
            wrong.append("out of range")
    if kind == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        wrong.append("not a number")
    if kind == "boolean" and value not in {"true", "false"}:
        wrong.append("not a boolean")
    if "enum" in schema and value not in schema["enum"]:
        wrong.append("not one of its values")
    if kind == "string":
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            wrong.append("of a wrong length")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            wrong.append("not of its pattern")
        if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            wrong.append("not a date with time")
        if schema.get("format") == "phone-number" and not re.fullmatch(r"\+?[1-9]\d{1,14}", value):
            wrong.append("not a number in international form")
    return wrong
