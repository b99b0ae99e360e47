"""Editors: the JSON Schema that completes and checks contracts while they are written.

ODCS's own schema, narrowed to what landing reads, with what it adds. Run this module to write it
anew: ``python -m include.landing.editors``; a test holds the file to it.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from include.landing import column, contract, layout

FILE = contract.CONTRACTS / "tessera.schema.json"
Schema = dict[str, Any]
Custom = dict[str, tuple[str, Schema]]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_ALARM: Schema = {
    "type": "object",
    "properties": {
        step: {"type": "number", "exclusiveMinimum": 0, "maximum": 1} for step in ("warn", "stop")
    },
    "additionalProperties": False,
}


_DAYS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(("warn", "stop"), _COUNT),
    "additionalProperties": False,
}


def _one_of(allowed: tuple[str, ...]) -> Schema:
    return {"enum": list(allowed)}


CONTRACT_CUSTOM: Custom = {
    "deliveryMode": ("What a file holds.", _one_of(contract.MODES)),
    "requiredSource": ("Whether the run stops without a delivery.", _FLAG),
    "timeZone": ("The IANA's name of the zone local times are in, such as Europe/Berlin.", _TEXT),
    "nullTokens": ("The texts that mean no value.", {"type": "array", "items": _TEXT}),
    "synthetic": ("Generated, not observed; every page says so.", _FLAG),
    "decimalMark": ("Before the fraction of a number in CSV.", _one_of(layout.DECIMAL_MARKS)),
    "thousandsMark": ("Between groups of three digits.", _one_of(layout.THOUSANDS_MARKS)),
    "keyConflict": ("Which row stays where deliveries differ.", _one_of(contract.KEY_CONFLICTS)),
    "staleAfterDays": ("The age in days of the newest delivery to warn or stop at.", _DAYS),
    "rowCountDrop": ("The share of rows missing, against history, to warn or stop at.", _ALARM),
    "nullShareRise": ("The rise of a column's share of nulls to warn or stop at.", _ALARM),
}
SERVER_CUSTOM: Custom = {
    "compression": ("How the files are packed.", _one_of(("none", "gzip"))),
    "delimiter": ("Between the fields of CSV.", _one_of(layout.DELIMITERS)),
    "quote": ("Around fields of CSV; doubled inside.", _one_of(layout.QUOTES)),
    "lineBreaksInFields": ("Whether quoted fields of CSV may hold line breaks.", _FLAG),
    "maxBytes": ("The most bytes a delivered file may have.", _COUNT),
    "maxRows": ("The most rows a delivered file may have.", _COUNT),
}
COLUMN_CUSTOM: Custom = {
    "beforeDelivery": ("Whether values lie before the day of delivery.", _FLAG),
    "futureSkewMinutes": ("The minutes a value may lie after the delivery day began.", _COUNT),
    "epoch": ("The unit of a time delivered as a count since 1970.", _one_of(column.EPOCHS)),
    "currency": (
        "The currency an amount is in, such as EUR.",
        {"type": "string", "pattern": f"^{column.CURRENCY}$"},
    ),
    "madeUp": ("Not real; every page says so.", _FLAG),
    "purpose": ("What personal data are used for, as a sentence.", _TEXT),
    "retention": (
        "How long after delivery personal data are kept, such as P24M.",
        {"type": "string", "pattern": f"^{column.RETENTION}$"},
    ),
}


def editor_schema() -> Schema:
    """Return the schema: ODCS's, its server, table and column replaced by narrower ones."""
    odcs: Schema = json.loads(
        files("open_data_contract_standard").joinpath("schema.json").read_text()
    )
    old = odcs["$defs"]
    described = old["SchemaElement"]["properties"] | old["SchemaBaseProperty"]["properties"]
    table = old["SchemaElement"]["properties"] | old["SchemaObject"]["properties"]
    server = old["Server"]["properties"] | old["ServerSource"]["LocalServer"]["properties"]
    odcs["title"] = "Contract of an extract (ODCS, as Tessera's landing reads it)"
    odcs["properties"] = {key: odcs["properties"][key] for key in contract.KEYS} | {
        "servers": _list_of("TesseraServer", one=True),
        "schema": _list_of("TesseraTable", one=True),
        "customProperties": _custom(
            CONTRACT_CUSTOM, required=("deliveryMode", "requiredSource", "timeZone")
        ),
        "slaProperties": _list_of("TesseraLatency"),
    }
    required = ["apiVersion", "kind", "name", "version", "id", "servers", "customProperties"]
    odcs["required"] = [*required, "schema"]
    old["TesseraServer"] = _object(
        {key: server[key] for key in layout.SERVER_KEYS}
        | {
            "format": _one_of(layout.FORMATS),
            "encoding": _one_of(layout.ENCODINGS),
            "customProperties": _custom(SERVER_CUSTOM),
        },
        required=("server", "type", "path", "format"),
    )
    old["TesseraTable"] = _object(
        {key: table[key] for key in contract.TABLE_KEYS}
        | {"properties": _list_of("TesseraColumn")},
        required=("name", "description", "properties"),
    )
    old["TesseraColumn"] = _column({key: described[key] for key in column.KEYS}, old)
    latency = dict(old["ServiceLevelAgreementProperty"]["properties"])
    latency |= {"property": {"const": "latency"}, "unit": {"const": "d"}, "value": _COUNT}
    old["TesseraLatency"] = _object(latency, required=("property", "unit", "value"))
    return _without_unused(odcs)


def _column(keys: Schema, odcs: Schema) -> Schema:
    """Return a column's schema: what its types allow, and what personal data need."""
    options: Schema = {}  # ODCS's own words for each option, from whichever type has it
    for part in odcs["SchemaBaseProperty"]["allOf"]:
        found = part.get("then", {}).get("properties", {}).get("logicalTypeOptions", {})
        options = found.get("properties", {}) | options
    either: Schema = {"type": ["string", "number"]}
    rules: list[Schema] = []
    for logical_type, physical in column.LOGICAL_TYPES.items():
        known = {key: options[key] for key in column.OPTIONS[logical_type]}
        bounds = {key: either for key in known if "imum" in key}
        allowed: Schema = {
            "physicalType": {"pattern": f"^(?:{physical})$"},
            "logicalTypeOptions": _object(known | bounds),
        }
        rules.append(_if({"logicalType": {"const": logical_type}}, allowed))
    needs: Schema = {
        "customProperties": {"allOf": [_has(name) for name in ("purpose", "retention")]},
    }
    personal = _if({"classification": {"const": "personal"}}, needs)
    personal["if"]["required"] = ["classification"]
    personal["then"]["required"] = ["customProperties"]
    return _object(
        keys
        | {
            "logicalType": _one_of(tuple(column.LOGICAL_TYPES)),
            "classification": _one_of(column.CLASSIFICATIONS),
            "customProperties": _custom(COLUMN_CUSTOM),
        },
        required=("name", "description", "logicalType", "physicalType"),
    ) | {"allOf": [*rules, personal]}


def _object(properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(name: str, *, one: bool = False) -> Schema:
    length = {"minItems": 1, "maxItems": 1} if one else {}
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} | length


def _custom(known: Custom, *, required: tuple[str, ...] = ()) -> Schema:
    """Return a list of custom properties, each by its name and with its own kind of value."""
    each = _object(
        {
            "property": _one_of(tuple(known)),
            "value": True,
            "description": _TEXT,
            "id": _TEXT,
            "vendor": _TEXT,
        },
        required=("property", "value"),
    )
    each["allOf"] = [
        _if({"property": {"const": name}}, {"value": kind | {"description": what}})
        for name, (what, kind) in known.items()
    ]
    must = {"allOf": [_has(name) for name in required]} if required else {}
    return {"type": "array", "items": each} | must


def _has(name: str) -> Schema:
    return {"contains": {"properties": {"property": {"const": name}}, "required": ["property"]}}


def _if(condition: Schema, then: Schema) -> Schema:
    return {"if": {"properties": condition}, "then": {"properties": then}}


def _without_unused(schema: Schema) -> Schema:
    """Return ``schema`` without definitions that nothing in it refers to any more."""
    definitions = schema.pop("$defs")
    used: Schema = {}
    texts = [json.dumps(schema)]
    while texts:
        text = texts.pop()
        for name in sorted(set(definitions) - set(used)):
            if f'"#/$defs/{name}"' in text or f'"#/$defs/{name}/' in text:
                used[name] = definitions[name]
                texts.append(json.dumps(definitions[name]))
    return schema | {"$defs": dict(sorted(used.items()))}


def as_text() -> str:
    """Return the schema as its file holds it."""
    return json.dumps(editor_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(FILE).write_text(as_text(), encoding="utf-8")
